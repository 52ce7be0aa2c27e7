// A file's bytes, mapped read-only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "tensor/tensor.h"

namespace vernier::core {

// Pages are read when touched. The file must keep its size while it is mapped: what is cut off meanwhile
// cannot be read any more, and the system ends a process that tries.
class MappedFile {
 public:
  // Completes an unfinished commit of the folders that the file lies in, see folder_commit.h.
  // Regular files only (a pipe would block); an empty one gives no bytes. Throws Error (kData) with the path
  // and the system's reason.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& file);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  struct Region;
  MappedFile(std::filesystem::path file, std::unique_ptr<Region> region);

  std::filesystem::path path_;
  std::unique_ptr<Region> region_;  // null for an empty file
  std::span<const std::byte> bytes_;
};

// A tensor over `data`, which `owner` keeps alive and which holds dtype.bytes(elements) bytes. No copy,
// unless `data` is not aligned to the element's size: then a fresh, aligned copy that does not need `owner`.
Tensor tensor_over(DType dtype, Shape shape, const std::byte* data, std::shared_ptr<const void> owner);

}  // namespace vernier::core
