// Reads one .safetensors file without copying it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors_header.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Immutable after open(): any thread may read. Copies share the mapping.
class Safetensors {
 public:
  // Maps the file and checks its whole header. Throws Error (kData) naming file, tensor and both sides.
  static Safetensors open(const std::filesystem::path& file, const RunControl& control = RunControl::none());
  // The same over bytes that `owner` keeps alive; `label` stands for the file in messages.
  static Safetensors parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                           std::string label, const RunControl& control = RunControl::none());

  // In the order of their bytes.
  [[nodiscard]] const std::vector<SafetensorsEntry>& entries() const { return header_->entries; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return header_->metadata; }
  // The file as it was given to open().
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] std::vector<std::string> names() const;

  // Null when there is none. Valid as long as any copy of this object.
  [[nodiscard]] const SafetensorsEntry* find(std::string_view name) const;
  // A view into the mapping, which it keeps alive; a copy where the bytes are not aligned to the element
  // size. Throws Error (kData): no such tensor (with the nearest name), or a BOOL that is neither 0 nor 1.
  [[nodiscard]] Tensor tensor(std::string_view name) const;
  [[nodiscard]] Tensor tensor(const SafetensorsEntry& entry) const;

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  bool is_mapped_ = false;
  std::string label_;
  std::shared_ptr<const SafetensorsHeader> header_;
  std::shared_ptr<const std::map<std::string_view, const SafetensorsEntry*>> by_name_;
};

}  // namespace vernier::core
