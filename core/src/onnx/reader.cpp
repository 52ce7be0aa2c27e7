#include "onnx/reader.h"

#include <fmt/format.h>

#include <optional>
#include <protozero/pbf_reader.hpp>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Field numbers and enum values of onnx.proto (ONNX 1.16, IR version 10):
// https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
constexpr uint32_t kModelIrVersion = 1, kModelGraph = 7, kGraphInitializer = 5;
constexpr uint32_t kTensorDims = 1, kTensorType = 2, kTensorFloats = 4, kTensorName = 8, kTensorRawData = 9,
                   kTensorDataLocation = 14;
constexpr int32_t kExternal = 1;
constexpr size_t kMaximumRank = 64;

DType dtype_of(int32_t type) {
  struct Row {
    int32_t type;
    DType dtype;
  };
  const Row rows[] = {{1, kFloat32},  {2, kUInt8},     {3, kInt8},   {4, {VERNIER_DTYPE_UINT, 16}},
                      {5, kInt16},    {6, kInt32},     {7, kInt64},  {9, kBool},
                      {10, kFloat16}, {16, kBFloat16}, {21, kUInt4}, {22, kInt4}};
  for (const Row& row : rows) {
    if (row.type == type) return row.dtype;
  }
  return {};
}

void add_extent(Shape& shape, int64_t extent) {
  if (extent < 0 || shape.size() >= kMaximumRank)
    throw data_error(fmt::format("a constant has an extent of {}", extent));
  shape.push_back(extent);
}

uint64_t elements_of(const Shape& shape) {
  uint64_t count = 1;
  for (int64_t extent : shape) {
    if (extent != 0 && count > (uint64_t{1} << 60) / static_cast<uint64_t>(extent))
      throw data_error("a constant has more elements than a file can hold");
    count *= static_cast<uint64_t>(extent);
  }
  return count;
}

std::span<const std::byte> bytes_of(protozero::data_view view) {
  return {reinterpret_cast<const std::byte*>(view.data()), view.size()};
}

OnnxConstant read_constant(protozero::pbf_reader tensor) {
  OnnxConstant constant;
  std::optional<std::span<const std::byte>> data;
  while (tensor.next()) {
    switch (tensor.tag()) {
      case kTensorDims:
        if (tensor.wire_type() == protozero::pbf_wire_type::length_delimited) {
          for (const int64_t extent : tensor.get_packed_int64()) add_extent(constant.shape, extent);
        } else {
          add_extent(constant.shape, tensor.get_int64());
        }
        break;
      case kTensorType:
        constant.type = tensor.get_int32();
        constant.dtype = dtype_of(constant.type);
        break;
      case kTensorFloats:  // packed, which is how raw data lie, too
        if (tensor.wire_type() == protozero::pbf_wire_type::length_delimited)
          constant.floats = bytes_of(tensor.get_view());
        else
          tensor.skip();
        break;
      case kTensorName:
        constant.name = tensor.get_string();
        break;
      case kTensorRawData:
        data = bytes_of(tensor.get_view());
        break;
      case kTensorDataLocation:
        constant.is_external = tensor.get_enum() == kExternal;
        break;
      default:
        tensor.skip();
    }
  }
  constant.bytes = constant.dtype.is_set() ? constant.dtype.bytes(elements_of(constant.shape)) : 0;
  if (data && constant.dtype.is_set() && data->size() != constant.bytes)
    throw data_error(fmt::format("constant {} has {} bytes, its shape {} of {} wants {}", constant.name,
                                 data->size(), to_string(constant.shape), constant.dtype.name(),
                                 constant.bytes));
  if (constant.dtype != kFloat32)
    constant.floats = {};
  else if (data)
    constant.floats = *data;
  return constant;
}

}  // namespace

bool looks_like_onnx(std::span<const std::byte> bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{kModelIrVersion << 3} && bytes[1] < std::byte{32};
}

std::vector<OnnxConstant> read_onnx_constants(std::span<const std::byte> bytes, const std::string& name) {
  std::vector<OnnxConstant> constants;
  try {
    protozero::pbf_reader model(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (model.next(kModelGraph)) {
      protozero::pbf_reader graph = model.get_message();
      while (graph.next(kGraphInitializer)) constants.push_back(read_constant(graph.get_message()));
    }
  } catch (const protozero::exception& error) {
    throw data_error(fmt::format("{} is no readable ONNX file: {}", name, error.what()), name);
  } catch (const Error& error) {
    throw data_error(fmt::format("{} is no sound ONNX file: {}", name, error.diagnostics().front().what),
                     name);
  }
  return constants;
}

}  // namespace vernier::core
