#include "trace/tables.h"

#include <fmt/format.h>

#include <cstring>

#include "abi/arguments.h"

namespace vernier::core {

namespace {

bool is_of_tables(DType dtype) {
  return dtype == kFloat32 || dtype == kInt32 || dtype == kInt64 || dtype == kBool;
}

uint64_t bytes_of(DType dtype, const Shape& shape, const std::string& what, const std::string& module) {
  uint64_t bytes = dtype.bits / 8;
  bool is_empty = false;
  for (int64_t extent : shape) {
    if (extent < 0)
      throw plugin_error(fmt::format("{} has the shape {}", what, to_string(shape)), module,
                         "an extent is 0 or more");
    is_empty = is_empty || extent == 0;
    if (extent == 0) continue;
    if (static_cast<uint64_t>(extent) > kMostTableBytes / bytes)
      throw plugin_error(fmt::format("{} is {} {}, more than {} MiB", what, dtype.name(), to_string(shape),
                                     kMostTableBytes >> 20),
                         module, "compute it with ops, or keep it in the checkpoint");
    bytes *= static_cast<uint64_t>(extent);
  }
  return is_empty ? 0 : bytes;
}

}  // namespace

uint64_t table_bytes(const vernier_tensor& wanted, const std::string& name, const std::string& module) {
  const std::string what = fmt::format("table \"{}\"", name);
  const DType dtype = wanted.dtype;
  if (!is_of_tables(dtype))
    throw plugin_error(fmt::format("{} is {}", what, dtype.name()), module,
                       "tables are float32, int32, int64 or bool");
  if (wanted.rank > kMostTableAxes)
    throw plugin_error(fmt::format("{} has {} axes, at most {}", what, wanted.rank, kMostTableAxes), module);
  const auto extents = given(wanted.shape, wanted.rank, "a table's shape");
  const Shape shape(extents.begin(), extents.end());
  const uint64_t bytes = bytes_of(dtype, shape, what, module);
  if (bytes == 0) throw plugin_error(fmt::format("{} has no elements: {}", what, to_string(shape)), module);
  return bytes;
}

Tensor table_values(const vernier_tensor& wanted, const std::string& name, const std::string& module) {
  const uint64_t bytes = table_bytes(wanted, name, module);
  const auto elements = given(static_cast<const std::byte*>(wanted.data), bytes, "a table's values");
  Tensor values = Tensor::allocate(wanted.dtype, Shape(wanted.shape, wanted.shape + wanted.rank));
  std::memcpy(values.mutable_as<std::byte>(), elements.data(), bytes);
  if (values.dtype == kBool) {
    for (uint64_t i = 0; i < bytes; ++i) {
      if (values.as<uint8_t>()[i] > 1)
        throw plugin_error(
            fmt::format("table \"{}\" of bool holds the byte {}", name, values.as<uint8_t>()[i]), module,
            "false is 0, true is 1");
    }
  }
  return values;
}

}  // namespace vernier::core
