// Small tensors and files of them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::test {

// float32, elements 0.125, 0.25, 0.375, ...
inline core::Tensor ramp(core::Shape shape) {
  core::Tensor x = core::Tensor::allocate(kFloat32, std::move(shape));
  for (int64_t i = 0; i < x.elements(); ++i) x.mutable_as<float>()[i] = static_cast<float>(i + 1) / 8;
  return x;
}

inline core::Tensor floats(core::Shape shape, const std::vector<float>& values) {
  core::Tensor x = core::Tensor::allocate(kFloat32, std::move(shape));
  std::copy(values.begin(), values.end(), x.mutable_as<float>());
  return x;
}

inline core::QParams qparams(DType dtype, std::vector<float> scale, std::vector<int32_t> zero_point,
                             int64_t axis = -1) {
  core::QParams result;
  result.dtype = dtype;
  result.scale = std::move(scale);
  result.zero_point = std::move(zero_point);
  result.axis = axis;
  return result;
}

inline void write_tensors(const std::filesystem::path& file,
                          const std::map<std::string, core::Tensor>& tensors) {
  std::filesystem::create_directories(file.parent_path());
  std::vector<core::SafetensorsWriter::Item> items;
  items.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) items.push_back({name, tensor.dtype, tensor.shape});
  core::SafetensorsWriter writer(file, items);
  size_t index = 0;
  for (const auto& [name, tensor] : tensors) writer.write(index++, tensor);
  writer.finish();
}

}  // namespace vernier::test
