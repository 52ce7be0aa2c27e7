#include "model.h"

#include <vernier/error.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace circle_backend {

namespace {

void check_shape(const Tensor& tensor) {
  for (int64_t extent : tensor.shape) {
    if (extent < kOpen || extent > std::numeric_limits<int32_t>::max()) {
      throw vernier::unimplemented(tensor.name + ": extent " + std::to_string(extent) +
                                   " does not fit Circle's int32 shapes");
    }
  }
}

}  // namespace

circle::TensorType tensor_type(vernier::DType dtype, const std::string& where) {
  static const std::pair<vernier::DType, circle::TensorType> kTypes[] = {
      {vernier::kFloat32, circle::TensorType::FLOAT32}, {vernier::kUInt8, circle::TensorType::UINT8},
      {vernier::kInt8, circle::TensorType::INT8},       {vernier::kInt16, circle::TensorType::INT16},
      {vernier::kUInt4, circle::TensorType::UINT4},     {vernier::kInt4, circle::TensorType::INT4},
      {vernier::kInt32, circle::TensorType::INT32},     {vernier::kInt64, circle::TensorType::INT64},
      {vernier::kBool, circle::TensorType::BOOL}};
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == dtype) return theirs;
  }
  throw vernier::unimplemented(
      where + ": " + dtype.name() +
      " cannot be written; use float32, uint8, int8, int16, uint4, int4, int32, int64 or bool");
}

TensorIndex ModelBuilder::add_named(Tensor tensor, Data data) {
  tensor_type(tensor.element.dtype, tensor.name);
  check_shape(tensor);
  check_element(tensor.element, tensor.shape, tensor.name);
  if (data.source != Data::Source::kNone) {
    uint64_t elements = 1;
    for (int64_t extent : tensor.shape) elements *= static_cast<uint64_t>(extent);
    if (tensor.element.dtype.bytes(elements) != data.length) {
      throw vernier::invalid_argument(tensor.name + ": has " + std::to_string(data.length) +
                                      " bytes of data, and its shape needs " +
                                      std::to_string(tensor.element.dtype.bytes(elements)));
    }
    tensor.buffer = add_buffer(std::move(data));
  }
  graph().tensors.push_back(std::move(tensor));
  return static_cast<TensorIndex>(graph().tensors.size() - 1);
}

TensorIndex ModelBuilder::add(Tensor tensor, Data data) {
  const std::string wish = tensor.name;
  for (int i = 1; !names_.insert(tensor.name).second; ++i) tensor.name = wish + "_" + std::to_string(i);
  return add_named(std::move(tensor), std::move(data));
}

namespace {

Data int32_data(const std::vector<int32_t>& values) {
  Data data;
  data.source = Data::Source::kMade;
  data.length = values.size() * sizeof(int32_t);
  data.bytes.resize(static_cast<size_t>(data.length));
  if (!values.empty()) std::memcpy(data.bytes.data(), values.data(), data.bytes.size());
  return data;
}

}  // namespace

TensorIndex ModelBuilder::add_int32(const std::string& name, const std::vector<int32_t>& values) {
  return add({name, {static_cast<int64_t>(values.size())}, {vernier::kInt32, {}}}, int32_data(values));
}

TensorIndex ModelBuilder::add_int32_scalar(const std::string& name, int32_t value) {
  return add({name, {}, {vernier::kInt32, {}}}, int32_data({value}));
}

void ModelBuilder::add_operator(circle::BuiltinOperator code, std::vector<TensorIndex> inputs,
                                std::vector<TensorIndex> outputs, Options options) {
  auto found = std::find(model.codes.begin(), model.codes.end(), code);
  if (found == model.codes.end()) found = model.codes.insert(found, code);
  graph().operators.push_back({static_cast<uint32_t>(found - model.codes.begin()), std::move(inputs),
                               std::move(outputs), std::move(options)});
}

void ModelBuilder::prune() {
  std::vector<bool> used(graph().tensors.size());
  const auto each_reference = [&](auto visit) {
    for (auto* list : {&graph().inputs, &graph().outputs}) std::for_each(list->begin(), list->end(), visit);
    for (Operator& op : graph().operators) {
      for (auto* list : {&op.inputs, &op.outputs}) std::for_each(list->begin(), list->end(), visit);
    }
  };
  each_reference([&](TensorIndex tensor) {
    if (tensor != kNoTensor) used[static_cast<size_t>(tensor)] = true;
  });
  std::vector<TensorIndex> moved(graph().tensors.size(), kNoTensor);
  std::deque<Tensor> tensors;
  std::vector<Data> buffers(1);
  std::map<uint32_t, uint32_t> moved_buffers = {{0, 0}};
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    Tensor& tensor = graph().tensors[i];
    const auto [place, is_new] = moved_buffers.emplace(tensor.buffer, static_cast<uint32_t>(buffers.size()));
    if (is_new) buffers.push_back(std::move(model.buffers[tensor.buffer]));
    tensor.buffer = place->second;
    moved[i] = static_cast<TensorIndex>(tensors.size());
    tensors.push_back(std::move(tensor));
  }
  each_reference([&](TensorIndex& tensor) {
    if (tensor != kNoTensor) tensor = moved[static_cast<size_t>(tensor)];
  });
  graph().tensors = std::move(tensors);
  model.buffers = std::move(buffers);
}

uint32_t ModelBuilder::add_buffer(Data data) {
  const auto next = static_cast<uint32_t>(model.buffers.size());
  if (data.source == Data::Source::kMade) {
    const auto [known, is_new] = made_.emplace(data.bytes, next);
    if (!is_new) return known->second;
  }
  model.buffers.push_back(std::move(data));
  return next;
}

}  // namespace circle_backend
