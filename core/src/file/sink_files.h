// What one export writes: a file, and the companions that its format needs.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file/atomic_file.h"
#include "file/sparse_bytes.h"

namespace vernier::core {

class SinkFiles {
 public:
  // Called with the name of each companion before the backend can write to it; throws where it may not be
  // written.
  using Approve = std::function<void(const std::string& name)>;

  explicit SinkFiles(std::filesystem::path target, Approve approve = {});
  // Writes no file: a backend is tried up to the byte that would be one too many, of all its files. The first
  // file is kept in memory.
  struct Trial {
    uint64_t keeps = 0;  // bytes
  };
  SinkFiles(std::filesystem::path target, Trial);

  // Opens "<target><suffix>" and gives its place. Throws Error (kPlugin) for a suffix that was taken or is no
  // end of a file's name.
  size_t add(std::string_view suffix);
  // Throws what `approve` threw, whatever the backend made of it.
  void rethrow_refusal() const;
  [[nodiscard]] size_t count() const { return files_.size(); }
  // Appends to the file; a trial that keeps no more throws Error (kPlugin), and is_cut() says so from then
  // on.
  void write(size_t place, std::span<const std::byte> bytes);
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  // Of a trial: the whole file, empty where it ended before.
  [[nodiscard]] SparseBytes take_kept() { return std::move(kept_); }
  // Without a folder; valid as long as this object.
  [[nodiscard]] const std::string& name(size_t place) const { return *names_.at(place); }
  [[nodiscard]] uint64_t bytes() const;
  // Puts all of them under their names, the first one last: where it is, the others are. The folder's names
  // reach the disk with the set that the files belong to, see OutputFolder.
  void commit();

 private:
  std::filesystem::path target_;
  Approve approve_;
  std::exception_ptr refusal_;
  bool is_trial_ = false;
  uint64_t left_ = 0;  // of a trial
  SparseBytes kept_;
  bool is_cut_ = false;
  std::vector<std::unique_ptr<AtomicFile>> files_;   // null in a trial
  std::vector<std::unique_ptr<std::string>> names_;  // addresses stay: the ABI hands out the texts
};

}  // namespace vernier::core
