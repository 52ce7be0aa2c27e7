// Small tensors and files of them.
#pragma once

#include <map>
#include <string>

#include "checkpoint/safetensors_writer.h"
#include "tensor/tensor.h"

namespace vernier::test {

// float32, elements 0.125, 0.25, 0.375, ...
inline core::Tensor ramp(core::Shape shape) {
  core::Tensor x = core::Tensor::allocate(kFloat32, std::move(shape));
  for (int64_t i = 0; i < x.elements(); ++i) x.mutable_as<float>()[i] = static_cast<float>(i + 1) / 8;
  return x;
}

inline void write_tensors(const std::filesystem::path& file,
                          const std::map<std::string, core::Tensor>& tensors) {
  std::filesystem::create_directories(file.parent_path());
  std::vector<core::SafetensorsWriter::Item> items;
  for (const auto& [name, tensor] : tensors) items.push_back({name, tensor.dtype, tensor.shape});
  core::SafetensorsWriter writer(file, items);
  size_t index = 0;
  for (const auto& [name, tensor] : tensors) writer.write(index++, tensor);
  writer.finish();
}

}  // namespace vernier::test
