// What holds the file together: indices, producers, order, names, operator codes, signatures, metadata.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "circle/check/checked_model.h"

namespace vernier::core {

namespace {

void check_head(CheckedModel& model) {
  const uint32_t wanted = model.is_tflite ? 3 : 0;
  if (model.table->version() != wanted)
    model.error("version", "the model",
                fmt::format("version is {}, {} files have {}", model.table->version(),
                            model.is_tflite ? "TFLite" : "Circle", wanted));
  if (model.subgraphs.empty()) model.error("subgraph", "the model", "has no subgraph");
  const auto* buffers = model.table->buffers();
  if (buffers == nullptr || buffers->size() == 0) {
    model.error("buffer-0", "the model", "has no buffer 0");
  } else if (const circle::Buffer* first = buffers->Get(0);
             (first->data() != nullptr && first->data()->size() != 0) || first->offset() > 1) {
    model.error("buffer-0", "buffer 0", "means \"no data\" and has data");
  } else if (first->data() != nullptr && !model.is_tflite) {
    model.warning("buffer-0", "buffer 0", "has an empty data vector; onert takes that for a constant");
  }
}

void check_codes(CheckedModel& model) {
  const auto* codes = model.table->operator_codes();
  if (codes == nullptr || codes->size() == 0)
    return model.error("operator-codes", "the model", "has no operator codes");
  std::vector<bool> used(codes->size());
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (const CheckedOperator& op : subgraph.operators) {
      if (op.table->opcode_index() < used.size()) used[op.table->opcode_index()] = true;
    }
  }
  for (uint32_t i = 0; i < codes->size(); ++i) {
    const circle::OperatorCode& entry = *codes->Get(i);
    const std::string where = fmt::format("operator code {}", i);
    const auto code = static_cast<int32_t>(entry.builtin_code());
    const int32_t old = entry.deprecated_builtin_code();
    if (std::min(code, 127) != old)
      model.error("operator-code-pair", where,
                  fmt::format("builtin_code is {} and deprecated_builtin_code {}; readers look at either",
                              code, old));
    if (entry.version() < 1)
      model.error("operator-version", where, fmt::format("version is {}", entry.version()));
    if (!used[i]) model.warning("unused-operator-code", where, "no operator uses it");
  }
}

void check_producers(CheckedModel& model, CheckedSubgraph& subgraph) {
  for (size_t i = 0; i < subgraph.operators.size(); ++i) {
    for (int32_t output : subgraph.operators[i].outputs) {
      if (output < 0) continue;
      CheckedTensor& tensor = subgraph.tensors[static_cast<size_t>(output)];
      if (tensor.producer >= 0)
        model.error("producer", tensor_name(subgraph, output),
                    fmt::format("is written by operators {} and {}", tensor.producer, i));
      if (tensor.has_data)
        model.error("constant-overwritten", tensor_name(subgraph, output),
                    fmt::format("is a constant and written by {}", operator_name(subgraph, i)));
      tensor.producer = static_cast<int32_t>(i);
    }
  }
  const std::set<int32_t> inputs(subgraph.inputs.begin(), subgraph.inputs.end());
  for (size_t i = 0; i < subgraph.operators.size(); ++i) {
    for (int32_t input : subgraph.operators[i].inputs) {
      if (input < 0) continue;
      const CheckedTensor& tensor = subgraph.tensors[static_cast<size_t>(input)];
      const bool is_given = tensor.has_data || inputs.count(input) != 0 || tensor.table->is_variable();
      if (tensor.producer < 0 && !is_given)
        model.error("undefined", tensor_name(subgraph, input),
                    fmt::format("is read by {} and nothing gives it a value", operator_name(subgraph, i)));
      if (tensor.producer >= static_cast<int32_t>(i) && !is_given)
        model.error("order", tensor_name(subgraph, input),
                    fmt::format("is read by {} before operator {} writes it", operator_name(subgraph, i),
                                tensor.producer));
    }
  }
  for (int32_t output : subgraph.outputs) {
    const CheckedTensor& tensor = subgraph.tensors[static_cast<size_t>(output)];
    if (tensor.producer < 0 && !tensor.has_data && inputs.count(output) == 0)
      model.error("undefined", tensor_name(subgraph, output),
                  "is an output of the graph and nothing gives it a value");
  }
  for (int32_t input : inputs) {
    const CheckedTensor& tensor = subgraph.tensors[static_cast<size_t>(input)];
    if (tensor.producer >= 0)
      model.warning("input-produced", tensor_name(subgraph, input),
                    "is an input of the graph and written by an operator");
    if (tensor.has_data)
      model.error("input-constant", tensor_name(subgraph, input), "is an input of the graph and a constant");
  }
}

void check_duplicates(CheckedModel& model, const CheckedSubgraph& subgraph) {
  for (const auto& [list, what] : {std::pair{&subgraph.inputs, "input"}, {&subgraph.outputs, "output"}}) {
    std::set<int32_t> seen;
    for (int32_t index : *list) {
      if (!seen.insert(index).second)
        model.warning("duplicate-io", tensor_name(subgraph, index),
                      fmt::format("is an {} of the graph twice", what));
    }
  }
}

void check_tensors(CheckedModel& model, const CheckedSubgraph& subgraph) {
  std::set<int32_t> used(subgraph.inputs.begin(), subgraph.inputs.end());
  used.insert(subgraph.outputs.begin(), subgraph.outputs.end());
  for (const CheckedOperator& op : subgraph.operators) {
    used.insert(op.inputs.begin(), op.inputs.end());
    used.insert(op.outputs.begin(), op.outputs.end());
  }
  std::map<std::string, int32_t> names;
  const auto* buffers = model.table->buffers();
  const size_t buffer_count = buffers == nullptr ? 0 : buffers->size();
  for (size_t i = 0; i < subgraph.tensors.size(); ++i) {
    const CheckedTensor& tensor = subgraph.tensors[i];
    const auto index = static_cast<int32_t>(i);
    if (tensor.name.empty())
      model.error("tensor-name", tensor_name(subgraph, index),
                  "has no name; luci and onert read it without asking");
    const auto [first, is_new] = names.emplace(tensor.name, index);
    if (!is_new && !tensor.name.empty())
      model.warning("duplicate-name", tensor_name(subgraph, index),
                    fmt::format("tensor {} has the same name", first->second));
    if (used.count(index) == 0)
      model.warning("unused-tensor", tensor_name(subgraph, index), "nothing refers to it");
    if (tensor.table->buffer() >= buffer_count)
      model.error("index", tensor_name(subgraph, index),
                  fmt::format("names buffer {} of {}", tensor.table->buffer(), buffer_count));
    if (std::any_of(tensor.shape.begin(), tensor.shape.end(), [](int32_t extent) { return extent < 0; }))
      model.error("extent", tensor_name(subgraph, index), "has a negative extent");
    const auto* signature = tensor.table->shape_signature();
    if (signature != nullptr && signature->size() != 0 && signature->size() != tensor.shape.size())
      model.error("shape-signature", tensor_name(subgraph, index), "its shape signature has another rank");
    if (signature != nullptr && signature->size() == tensor.shape.size()) {
      for (flatbuffers::uoffset_t k = 0; k < signature->size(); ++k) {
        const int32_t extent = signature->Get(k);
        if (extent != tensor.shape[k] && !(extent == -1 && tensor.shape[k] == 1))
          model.error("shape-signature", tensor_name(subgraph, index),
                      fmt::format("says {} where the shape has {}", extent, tensor.shape[k]));
      }
    }
    if (*circle::EnumNameTensorType(tensor.type) == '\0')
      model.error("tensor-type", tensor_name(subgraph, index),
                  fmt::format("has type {}, which the format does not know", static_cast<int>(tensor.type)));
    if (tensor.table->is_variable() && tensor.has_data)
      model.error("variable", tensor_name(subgraph, index), "is a variable and has data; onert refuses it");
  }
}

void check_signatures(CheckedModel& model) {
  const auto* signatures = model.table->signature_defs();
  if (signatures == nullptr) return;
  std::set<std::string> keys;
  for (uint32_t i = 0; i < signatures->size(); ++i) {
    const circle::SignatureDef& one = *signatures->Get(i);
    const std::string where = fmt::format("signature {}", i);
    const std::string key = one.signature_key() == nullptr ? "" : one.signature_key()->str();
    if (!keys.insert(key).second) model.warning("signature", where, "its key is there twice");
    if (one.subgraph_index() >= model.subgraphs.size()) {
      model.error("signature", where,
                  fmt::format("names subgraph {} of {}", one.subgraph_index(), model.subgraphs.size()));
      continue;
    }
    const CheckedSubgraph& subgraph = model.subgraphs[one.subgraph_index()];
    for (const auto& [entries, list, what] : {std::tuple{one.inputs(), &subgraph.inputs, "input"},
                                              {one.outputs(), &subgraph.outputs, "output"}}) {
      if (entries == nullptr) continue;
      for (const circle::TensorMap* entry : *entries) {
        if (std::find(list->begin(), list->end(), static_cast<int32_t>(entry->tensor_index())) != list->end())
          continue;
        model.error("signature", where,
                    fmt::format("names tensor {} as {}, which is no {} of the graph", entry->tensor_index(),
                                what, what));
      }
    }
  }
}

void check_metadata(CheckedModel& model) {
  if (model.table->metadata() == nullptr) return;
  const auto* buffers = model.table->buffers();
  for (uint32_t i = 0; i < model.table->metadata()->size(); ++i) {
    const uint32_t buffer = model.table->metadata()->Get(i)->buffer();
    const std::string where = fmt::format("metadata entry {}", i);
    if (buffers == nullptr || buffer >= buffers->size())
      model.error("metadata", where,
                  fmt::format("names buffer {} of {}", buffer, buffers == nullptr ? 0 : buffers->size()));
    else if (buffers->Get(buffer)->data() == nullptr && buffers->Get(buffer)->offset() <= 1)
      model.error("metadata", where, "its buffer has no data; onert refuses that");
  }
}

void check_buffers_used(CheckedModel& model) {
  const auto* buffers = model.table->buffers();
  if (buffers == nullptr) return;
  std::vector<bool> used(buffers->size());
  const auto use = [&](uint32_t index) {
    if (index < used.size()) used[index] = true;
  };
  use(0);
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (const CheckedTensor& tensor : subgraph.tensors) use(tensor.table->buffer());
  }
  if (model.table->metadata() != nullptr) {
    for (const circle::Metadata* entry : *model.table->metadata()) use(entry->buffer());
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) model.warning("unused-buffer", fmt::format("buffer {}", i), "nothing refers to it");
  }
}

}  // namespace

void check_structure(CheckedModel& model) {
  check_head(model);
  check_codes(model);
  for (CheckedSubgraph& subgraph : model.subgraphs) {
    check_producers(model, subgraph);
    check_duplicates(model, subgraph);
    check_tensors(model, subgraph);
  }
  check_signatures(model);
  check_metadata(model);
  check_buffers_used(model);
}

}  // namespace vernier::core
