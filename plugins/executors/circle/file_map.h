// The bytes of a file, mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace circle_executor {

class FileMap {
 public:
  // Throws Error: NOT_FOUND where it cannot be opened, DATA_LOSS where it is no regular file or empty.
  explicit FileMap(const std::string& path);
  ~FileMap();
  FileMap(const FileMap&) = delete;
  FileMap& operator=(const FileMap&) = delete;

  // Aligned to a page; valid as long as this object.
  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace circle_executor
