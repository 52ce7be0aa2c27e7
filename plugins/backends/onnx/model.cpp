#include "model.h"

#include <cstring>

namespace onnx_backend {

namespace {

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

uint64_t Initializer::bytes() const {
  uint64_t elements = 1;
  for (int64_t extent : shape) elements *= static_cast<uint64_t>(extent);
  return dtype.bytes(elements);
}

std::string ModelBuilder::unique(const std::string& wish) {
  std::string name = wish;
  for (int i = 1; !names_.insert(name).second; ++i) name = wish + "_" + std::to_string(i);
  return name;
}

void ModelBuilder::add_node(const std::string& type, std::vector<std::string> inputs,
                            const std::string& output, std::map<std::string, Attribute> attributes) {
  model.nodes.push_back({type, std::move(inputs), {output}, std::move(attributes)});
}

std::string ModelBuilder::add_constant(const std::string& wish, vernier::DType dtype,
                                       std::vector<int64_t> shape, std::vector<std::byte> bytes) {
  std::string key = dtype.name();
  for (int64_t extent : shape) key += "," + std::to_string(extent);
  const auto [known, is_new] = made_.try_emplace({key, bytes});
  if (!is_new) return known->second;
  known->second = unique(wish);
  model.initializers.push_back(
      {known->second, dtype, std::move(shape), std::move(bytes), Initializer::kMade, false});
  return known->second;
}

std::string ModelBuilder::add_int64(const std::string& wish, const std::vector<int64_t>& values) {
  return add_constant(wish, vernier::kInt64, {static_cast<int64_t>(values.size())}, bytes_of(values));
}

std::string ModelBuilder::add_int64(const std::string& wish, std::vector<int64_t> shape,
                                    const std::vector<int64_t>& values) {
  return add_constant(wish, vernier::kInt64, std::move(shape), bytes_of(values));
}

std::string ModelBuilder::add_int64_scalar(const std::string& wish, int64_t value) {
  return add_constant(wish, vernier::kInt64, {}, bytes_of(std::vector<int64_t>{value}));
}

std::string ModelBuilder::add_float(const std::string& wish, std::vector<int64_t> shape,
                                    const std::vector<float>& values) {
  return add_constant(wish, vernier::kFloat32, std::move(shape), bytes_of(values));
}

std::string ModelBuilder::add_graph_constant(const std::string& wish, uint64_t value, vernier::DType dtype,
                                             std::vector<int64_t> shape, bool is_transposed) {
  std::string name = unique(wish);
  model.initializers.push_back({name, dtype, std::move(shape), {}, value, is_transposed});
  return name;
}

}  // namespace onnx_backend
