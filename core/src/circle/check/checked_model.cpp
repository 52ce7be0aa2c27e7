#include "circle/check/checked_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "text/quote.h"

namespace vernier::core {

namespace {

constexpr uint64_t kCopies = 8;  // bytes copied for each byte of the file: 1 where nothing is shared

constexpr uint64_t kPrefixBytes = 128;  // of CheckedSubgraph::prefix, about

// Copies vectors out of the file and stops where shared ones would fill the memory.
class Copier {
 public:
  explicit Copier(uint64_t bytes) : left_(kCopies * bytes + (1 << 20)) {}
  template <typename T>
  std::vector<T> list(const flatbuffers::Vector<T>* source) {
    if (source == nullptr || !take(uint64_t{source->size()} * sizeof(T))) return {};
    std::vector<T> result(source->size());
    if (!result.empty()) std::memcpy(result.data(), source->Data(), result.size() * sizeof(T));
    return result;
  }
  std::string text(const flatbuffers::String* source) {
    return source == nullptr || !take(source->size()) ? std::string() : source->str();
  }
  bool take(uint64_t bytes) {
    if (bytes > left_) {
      is_exhausted_ = true;
      return false;
    }
    left_ -= bytes;
    return true;
  }
  [[nodiscard]] bool is_exhausted() const { return is_exhausted_; }

 private:
  uint64_t left_;
  bool is_exhausted_ = false;
};

std::span<const std::byte> data_of(const CheckedModel& model, const circle::Buffer& buffer) {
  if (buffer.data() != nullptr)
    return {reinterpret_cast<const std::byte*>(buffer.data()->Data()), buffer.data()->size()};
  if (buffer.offset() <= 1 || buffer.offset() > model.bytes.size() ||
      buffer.size() > model.bytes.size() - buffer.offset())
    return {};
  return model.bytes.subspan(static_cast<size_t>(buffer.offset()), static_cast<size_t>(buffer.size()));
}

uint64_t elements_of(const std::vector<int32_t>& shape) {
  uint64_t elements = 1;
  for (int32_t extent : shape) {
    if (extent < 0) return 0;
    if (extent != 0 && elements > std::numeric_limits<uint64_t>::max() / 64 / static_cast<uint64_t>(extent))
      return 0;
    elements *= static_cast<uint64_t>(extent);
  }
  return elements;
}

CheckedTensor read_tensor(const CheckedModel& model, const circle::Tensor& table, Copier& copier) {
  CheckedTensor tensor;
  tensor.table = &table;
  tensor.name = copier.text(table.name());
  tensor.shape = copier.list(table.shape());
  tensor.type = table.type();
  tensor.elements = elements_of(tensor.shape);
  if (const auto* quantization = table.quantization()) {
    tensor.scale = copier.list(quantization->scale());
    tensor.zero_point = copier.list(quantization->zero_point());
    tensor.axis = quantization->quantized_dimension();
    tensor.has_record = !tensor.scale.empty() || !tensor.zero_point.empty();
  }
  const auto* buffers = model.table->buffers();
  if (buffers == nullptr || table.buffer() == 0 || table.buffer() >= buffers->size()) return tensor;
  const circle::Buffer* buffer = buffers->Get(table.buffer());
  if (buffer == nullptr) return tensor;
  tensor.has_data = buffer->data() != nullptr || buffer->offset() > 1;
  tensor.data = data_of(model, *buffer);
  return tensor;
}

// Indices that lead nowhere become findings and are left out; -1 stays where it may.
std::vector<int32_t> checked_indices(CheckedModel& model, const std::vector<int32_t>& source, size_t count,
                                     bool may_be_absent, const std::string& where) {
  std::vector<int32_t> result;
  for (int32_t index : source) {
    const bool is_there = index >= 0 && static_cast<size_t>(index) < count;
    const bool is_absent = may_be_absent && index == -1;
    if (!is_there && !is_absent)
      model.error("index", where, fmt::format("names tensor {} of {}", index, count));
    if (is_there || may_be_absent) result.push_back(is_there ? index : -1);
  }
  return result;
}

circle::BuiltinOperator effective_code(const circle::OperatorCode& entry) {
  const auto code = static_cast<int32_t>(entry.builtin_code());
  return static_cast<circle::BuiltinOperator>(code == 0 ? entry.deprecated_builtin_code() : code);
}

void read_subgraph(CheckedModel& model, const circle::SubGraph& table, Copier& copier) {
  CheckedSubgraph subgraph;
  subgraph.table = &table;
  if (model.table->subgraphs()->size() > 1 && copier.take(kPrefixBytes)) {
    const std::string name = copier.text(table.name());
    subgraph.prefix = fmt::format("subgraph {} ({}), ", model.subgraphs.size(),
                                  one_line(std::string_view(name).substr(0, kPrefixBytes / 2)));
  }
  if (table.tensors() != nullptr) {
    for (const circle::Tensor* tensor : *table.tensors()) {
      model.control->check();
      if (!copier.take(256)) break;
      subgraph.tensors.push_back(read_tensor(model, *tensor, copier));
    }
  }
  const size_t count = subgraph.tensors.size();
  const auto* codes = model.table->operator_codes();
  if (table.operators() != nullptr) {
    for (const circle::Operator* entry : *table.operators()) {
      model.control->check();
      if (!copier.take(128)) break;
      CheckedOperator op;
      op.table = entry;
      const size_t index = subgraph.operators.size();
      if (codes == nullptr || entry->opcode_index() >= codes->size()) {
        model.error("index", fmt::format("{}operator {}", subgraph.prefix, index),
                    fmt::format("names operator code {} of {}", entry->opcode_index(),
                                codes == nullptr ? 0 : codes->size()));
        op.code = circle::BuiltinOperator::CUSTOM;
      } else {
        op.code = effective_code(*codes->Get(entry->opcode_index()));
      }
      op.inputs = checked_indices(model, copier.list(entry->inputs()), count, true,
                                  fmt::format("{}operator {}", subgraph.prefix, index));
      op.outputs = checked_indices(model, copier.list(entry->outputs()), count, false,
                                   fmt::format("{}operator {}", subgraph.prefix, index));
      subgraph.operators.push_back(std::move(op));
    }
  }
  subgraph.inputs = checked_indices(model, copier.list(table.inputs()), count, false,
                                    subgraph.prefix + "the graph's inputs");
  subgraph.outputs = checked_indices(model, copier.list(table.outputs()), count, false,
                                     subgraph.prefix + "the graph's outputs");
  model.subgraphs.push_back(std::move(subgraph));
}

}  // namespace

std::string tensor_name(const CheckedSubgraph& subgraph, int32_t index) {
  return fmt::format("{}tensor {} ({})", subgraph.prefix, index,
                     one_line(subgraph.tensors[static_cast<size_t>(index)].name));
}

std::string operator_name(const CheckedSubgraph& subgraph, size_t index) {
  const char* name = circle::EnumNameBuiltinOperator(subgraph.operators[index].code);
  return fmt::format("{}operator {} ({})", subgraph.prefix, index,
                     name == nullptr || *name == '\0'
                         ? std::to_string(static_cast<int>(subgraph.operators[index].code))
                         : name);
}

std::string type_name(circle::TensorType type) {
  const char* name = circle::EnumNameTensorType(type);
  return name == nullptr || *name == '\0' ? fmt::format("TYPE_{}", static_cast<int>(type)) : name;
}

int bits_of(circle::TensorType type) {
  using T = circle::TensorType;
  switch (type) {
    case T::INT4:
    case T::UINT4:
      return 4;
    case T::INT8:
    case T::UINT8:
    case T::BOOL:
      return 8;
    case T::INT16:
    case T::UINT16:
    case T::FLOAT16:
    case T::BFLOAT16:
      return 16;
    case T::INT32:
    case T::UINT32:
    case T::FLOAT32:
      return 32;
    case T::INT64:
    case T::UINT64:
    case T::FLOAT64:
      return 64;
    default:
      return 0;
  }
}

void read_model(CheckedModel& model) {
  Copier copier(model.bytes.size());
  if (model.table->subgraphs() != nullptr) {
    for (const circle::SubGraph* table : *model.table->subgraphs()) read_subgraph(model, *table, copier);
  }
  if (copier.is_exhausted())
    model.error("flatbuffer", "the file", "its tables share so much that reading them would fill the memory");
}

}  // namespace vernier::core
