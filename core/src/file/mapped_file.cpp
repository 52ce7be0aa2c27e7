#include "file/mapped_file.h"

#include <fmt/format.h>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>
#include <system_error>

#include "file/folder_commit.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace ipc = boost::interprocess;

struct MappedFile::Region {
  ipc::mapped_region pages;
};

MappedFile::MappedFile(std::filesystem::path file, std::unique_ptr<Region> region)
    : path_(std::move(file)), region_(std::move(region)) {
  if (region_)
    bytes_ = {static_cast<const std::byte*>(region_->pages.get_address()), region_->pages.get_size()};
}

MappedFile::~MappedFile() = default;

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& file) {
  settle_around(file);
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(file, failure);
  if (status.type() == std::filesystem::file_type::not_found)
    throw data_error("the file is not there", file.string());
  if (failure) throw data_error(fmt::format("the file cannot be read: {}", failure.message()), file.string());
  if (status.type() != std::filesystem::file_type::regular)
    throw data_error("not a regular file", file.string());
  const uint64_t size = std::filesystem::file_size(file, failure);
  if (failure)
    throw data_error(fmt::format("the file's size cannot be read: {}", failure.message()), file.string());
  std::unique_ptr<Region> region;
  if (size != 0) {  // the system maps no empty range
    try {
      const ipc::file_mapping mapping(file.c_str(), ipc::read_only);
      region = std::make_unique<Region>(Region{ipc::mapped_region(mapping, ipc::read_only)});
    } catch (const ipc::interprocess_exception& error) {
      throw data_error(fmt::format("the file cannot be mapped: {}", error.what()), file.string());
    }
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(file, std::move(region)));
}

Tensor tensor_over(DType dtype, Shape shape, const std::byte* data, std::shared_ptr<const void> owner) {
  const size_t alignment = dtype.bits >= 8 ? dtype.bits / 8 : 1;
  if (reinterpret_cast<uintptr_t>(data) % alignment == 0)
    return Tensor{dtype, std::move(shape), data, std::move(owner)};
  Tensor copy = Tensor::allocate(dtype, std::move(shape));
  std::memcpy(copy.mutable_as<std::byte>(), data, copy.bytes());
  return copy;
}

}  // namespace vernier::core
