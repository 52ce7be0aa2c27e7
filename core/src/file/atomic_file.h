// A file that is either complete or not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace vernier::core {

// Writes to a temporary file in the target's folder, and removes the temporary files that ended commands left
// there. commit() flushes it to the disk and renames it over the
// target; without commit() the destructor removes it and the target stays as it was. Errors are Error (kData)
// with the path and the system's reason.
class AtomicFile {
 public:
  // Makes missing folders; they go again with the file when it is not committed and nothing else lies in
  // them.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Behind what was written last.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // At `offset` bytes from the start; does not move write().
  void write_at(uint64_t offset, std::span<const std::byte> bytes);
  // kLater: whoever owns the folder brings its names to the disk, so that this is done once for many files.
  enum class Names { kNow, kLater };
  void commit(Names names = Names::kNow);
  // Bytes so far.
  [[nodiscard]] uint64_t size() const { return end_; }

 private:
  [[noreturn]] void fail(const char* action) const;
  void remove_made_folders() const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::vector<std::filesystem::path> made_folders_;  // innermost first
  int descriptor_ = -1;
  uint64_t end_ = 0;
};

}  // namespace vernier::core
