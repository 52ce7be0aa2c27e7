#include "reader.h"

#include <algorithm>

#include "damaged.h"
#include "dataflow.h"
#include "read_tensor.h"

namespace circle_executor {

namespace {

constexpr uint32_t kMaximumDepth = 16;  // of tables within tables; a Circle file has 5
constexpr uint64_t kMaximumTables = 4'000'000;

const circle::Model& verified(const std::byte* data, uint64_t size) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(data);
  // Tables end before 2 GiB; external buffers may lie beyond.
  const auto head = static_cast<size_t>(std::min<uint64_t>(size, FLATBUFFERS_MAX_BUFFER_SIZE - 1));
  if (head < 8 || !circle::ModelBufferHasIdentifier(bytes))
    damaged("this is no Circle file: the identifier CIR0 is missing");
  // A table takes four bytes at least, but the verifier counts one anew each time that it is pointed to.
  const auto tables = static_cast<flatbuffers::uoffset_t>(std::min<uint64_t>(kMaximumTables, head / 4 + 16));
  flatbuffers::Verifier verifier(bytes, head, kMaximumDepth, tables);
  if (!circle::VerifyModelBuffer(verifier))
    damaged(
        "the FlatBuffer is broken: an offset leads out of the file, or tables are nested or shared without "
        "end");
  return *circle::GetModel(bytes);
}

std::vector<circle::BuiltinOperator> operator_codes(const circle::Model& model) {
  std::vector<circle::BuiltinOperator> codes;
  if (model.operator_codes() == nullptr) return codes;
  for (const circle::OperatorCode* entry : *model.operator_codes()) {
    // Files from before the field `builtin_code` leave it 0.
    const auto code = entry->builtin_code();
    codes.push_back(static_cast<int32_t>(code) == 0
                        ? static_cast<circle::BuiltinOperator>(entry->deprecated_builtin_code())
                        : code);
  }
  return codes;
}

std::string name_of(circle::BuiltinOperator code) {
  const char* name = circle::EnumNameBuiltinOperator(code);
  return name == nullptr || *name == '\0' ? "code " + std::to_string(static_cast<int32_t>(code)) : name;
}

// Tensor indices, each checked; -1 only where `optional`.
std::vector<TensorIndex> read_indices(const flatbuffers::Vector<int32_t>* source, size_t tensors,
                                      bool optional, const std::string& where, Allowance& allowance) {
  std::vector<TensorIndex> indices = read_list(source, allowance);
  for (const TensorIndex index : indices) {
    if (index == kNoTensor && optional) continue;
    if (index < 0 || static_cast<size_t>(index) >= tensors)
      damaged(where + " names tensor " + std::to_string(index) + " of " + std::to_string(tensors));
  }
  return indices;
}

Operator read_operator(const circle::Operator& table, size_t i,
                       const std::vector<circle::BuiltinOperator>& codes, size_t tensors,
                       Allowance& allowance) {
  Operator op;
  op.where = "operator " + std::to_string(i);
  if (table.opcode_index() >= codes.size())
    damaged(op.where + " names operator code " + std::to_string(table.opcode_index()) + " of " +
            std::to_string(codes.size()));
  op.code = codes[table.opcode_index()];
  op.where += " (" + name_of(op.code) + ")";
  op.table = &table;
  allowance.take(sizeof(Operator));
  op.inputs = read_indices(table.inputs(), tensors, true, op.where, allowance);
  op.outputs = read_indices(table.outputs(), tensors, false, op.where, allowance);
  return op;
}

}  // namespace

Model read_model(const std::byte* data, uint64_t size, const Choice& choice) {
  const circle::Model& file = verified(data, size);
  const auto subgraph = static_cast<flatbuffers::uoffset_t>(choose_subgraph(file, choice));
  const circle::SubGraph& graph = *file.subgraphs()->Get(subgraph);
  Allowance allowance(size);
  Model model;
  const Buffers buffers(file, data, size);
  if (graph.tensors() != nullptr) {
    for (const circle::Tensor* tensor : *graph.tensors())
      model.tensors.push_back(read_tensor(*tensor, model.tensors.size(), buffers, allowance));
  }
  const size_t tensors = model.tensors.size();
  model.inputs = read_indices(graph.inputs(), tensors, false, "the subgraph's inputs", allowance);
  model.outputs = read_indices(graph.outputs(), tensors, false, "the subgraph's outputs", allowance);
  const std::vector<circle::BuiltinOperator> codes = operator_codes(file);
  if (graph.operators() != nullptr) {
    for (const circle::Operator* op : *graph.operators())
      model.operators.push_back(read_operator(*op, model.operators.size(), codes, tensors, allowance));
  }
  check_dataflow(model);
  return model;
}

}  // namespace circle_executor
