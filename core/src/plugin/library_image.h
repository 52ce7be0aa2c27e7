// A library's bytes as they were at one moment. The hash, the probe and the load all use these bytes, so a
// file that another process replaces, rewrites or cuts meanwhile changes nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "plugin/section_reader.h"

namespace vernier::core {

class LibraryImage {
 public:
  // Copies `file` into memory that is sealed against change (memfd_create(2)). Throws Error (kData) that says
  // why the file cannot be used: it is no regular file, cannot be read, becomes shorter meanwhile, holds no
  // manifest for this host, or lies on a file system that allows no execution. Only a file with a manifest is
  // copied: what else lies in a plugin folder may be huge.
  [[nodiscard]] static std::shared_ptr<const LibraryImage> read(const std::filesystem::path& file);

  ~LibraryImage();
  LibraryImage(const LibraryImage&) = delete;
  LibraryImage& operator=(const LibraryImage&) = delete;

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }  // where the bytes came from
  [[nodiscard]] const std::string& sha256() const { return sha256_; }        // of all bytes, lower-case hex
  [[nodiscard]] const ManifestBytes& manifest() const { return manifest_; }  // its `problem` is empty
  [[nodiscard]] int descriptor() const { return descriptor_; }               // open as long as this object

 private:
  explicit LibraryImage(std::filesystem::path file) : file_(std::move(file)) {}

  std::filesystem::path file_;
  std::string sha256_;
  ManifestBytes manifest_;
  int descriptor_ = -1;
};

}  // namespace vernier::core
