// What one export writes: a file, and the companions that its format needs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "file/atomic_file.h"

namespace vernier::core {

class SinkFiles {
 public:
  explicit SinkFiles(std::filesystem::path target);

  // Opens "<target><suffix>" and gives its place. Throws Error (kPlugin) for a suffix that was taken or is no
  // end of a file's name.
  size_t add(std::string_view suffix);
  size_t count() const { return files_.size(); }
  AtomicFile& file(size_t place) { return *files_.at(place); }
  // Without a folder; valid as long as this object.
  const std::string& name(size_t place) const { return *names_.at(place); }
  uint64_t bytes() const;
  // Hard links to them under their names in `folder`, so that they can be read before commit.
  void link_into(const std::filesystem::path& folder) const;
  // Puts all of them under their names, the first one last: where it is, the others are.
  void commit();

 private:
  std::filesystem::path target_;
  std::vector<std::unique_ptr<AtomicFile>> files_;
  std::vector<std::unique_ptr<std::string>> names_;  // addresses stay: the ABI hands out the texts
};

}  // namespace vernier::core
