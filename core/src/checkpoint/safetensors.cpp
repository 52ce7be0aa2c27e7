#include "checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>

#include "file/mapped_file.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

Safetensors Safetensors::open(const std::filesystem::path& file, const RunControl& control) {
  const std::shared_ptr<const MappedFile> mapped = MappedFile::open(file);
  Safetensors tensors = parse(mapped->bytes(), mapped, file.string(), control);
  tensors.is_mapped_ = true;
  return tensors;
}

Safetensors Safetensors::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               std::string label, const RunControl& control) {
  Safetensors file;
  file.header_ = std::make_shared<const SafetensorsHeader>(parse_safetensors_header(bytes, label, control));
  auto by_name = std::make_shared<std::map<std::string_view, const SafetensorsEntry*>>();
  for (const SafetensorsEntry& entry : file.header_->entries) by_name->emplace(entry.name, &entry);
  file.by_name_ = std::move(by_name);
  file.bytes_ = bytes;
  file.owner_ = std::move(owner);
  file.label_ = std::move(label);
  return file;
}

std::vector<std::string> Safetensors::names() const {
  std::vector<std::string> names;
  names.reserve(by_name_->size());
  for (const auto& one : *by_name_) names.emplace_back(one.first);
  return names;
}

const SafetensorsEntry* Safetensors::find(std::string_view name) const {
  const auto found = by_name_->find(name);
  return found == by_name_->end() ? nullptr : found->second;
}

Tensor Safetensors::tensor(std::string_view name) const {
  const SafetensorsEntry* entry = find(name);
  if (!entry)
    throw data_error(fmt::format("no tensor {} in the file", in_quotes(name)), label_,
                     did_you_mean(name, names()));
  return tensor(*entry);
}

Tensor Safetensors::tensor(const SafetensorsEntry& entry) const {
  const std::byte* data = bytes_.data() + header_->data_begin + entry.begin;
  if (entry.dtype == kBool) {
    // Any other value would be undefined behaviour for who reads it as a bool.
    const std::byte* wrong = std::find_if(data, data + (entry.end - entry.begin),
                                          [](std::byte value) { return value > std::byte{1}; });
    if (wrong != data + (entry.end - entry.begin)) {
      throw data_error(fmt::format("tensor {} is BOOL, but its element {} is {}, neither 0 nor 1",
                                   in_quotes(entry.name), wrong - data, static_cast<int>(*wrong)),
                       label_);
    }
  }
  Tensor result = tensor_over(entry.dtype, entry.shape, data, owner_);
  result.is_mapped = is_mapped_ && result.data == data;
  return result;
}

}  // namespace vernier::core
