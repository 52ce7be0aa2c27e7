// Room on disk for what need not stay in memory: a file that nobody sees and nobody has to remove.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "file/mapped_file.h"

namespace vernier::core {

// Lies in the system's folder for temporary files ($TMPDIR) and has no name there, so it is gone with its
// object, however the process ends.
class ScratchFile {
 public:
  // `what` is kept there, for messages: "a constant". Throws Error (kData) where no file can be made.
  explicit ScratchFile(std::string what);
  // The file behind a descriptor that another process made and left to this one, which closes it.
  ScratchFile(std::string what, int descriptor);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  // Throws Error (kData) where there is no room.
  void write(uint64_t offset, std::span<const std::byte> bytes);
  // Bytes that were written. Throws Error (kData) where the system does not give them back.
  void read(uint64_t offset, std::span<std::byte> bytes) const;

  // For a process that shares the file; this object's own.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  // `bytes` in a scratch file of their own that lasts as long as the mapping. Throws what the others throw.
  [[nodiscard]] static std::shared_ptr<const MappedFile> mapped(std::span<const std::byte> bytes,
                                                                std::string what);

 private:
  enum class Name { kDropped, kKept };
  ScratchFile(std::string what, Name name);

  std::string what_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool has_name_ = true;
};

}  // namespace vernier::core
