#include "interpreter/interpreter.h"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "graph/liveness.h"
#include "quantization/exact.h"
#include "tensor/rows_where.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

DType precision_of(Reading reading) { return reading == Reading::kExact ? kFloat64 : DType(kFloat32); }
bool is_quantized(Reading reading) { return reading == Reading::kQuantize || reading == Reading::kExact; }

bool is_float(DType dtype) { return !dtype.is_integer() && dtype != kBool; }

// The op's place, for an error that a device threw.
Error with_place(const Error& error, const GraphNode& node) {
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  const std::string here =
      fmt::format("module {} (op {})", node.module.empty() ? "<root>" : node.module, node.op);
  std::string& where = diagnostics.front().where;
  where += (where.empty() ? "" : ", in ") + here;
  return Error(error.kind(), std::move(diagnostics)).with(error.status());
}

OpArgument attribute_of(const GraphNode& node, const ArgumentSignature& argument) {
  const auto found = node.attributes.find(std::string(argument.name));
  if (found == node.attributes.end()) return std::monostate{};
  return std::visit([](const auto& value) -> OpArgument { return value; }, found->second);
}

}  // namespace

struct Interpreter::Run {
  Reading reading;
  const Observe& observe;
  std::vector<Tensor>& values;
  HeldConstants* held;
};

Interpreter::Interpreter(const Graph& graph, const GraphData& data, Device& device, const RunControl& control)
    : graph_(graph), data_(data), device_(device), control_(control) {
  const std::vector<uint32_t> last = last_readers(graph);
  instructions_.reserve(graph.nodes.size());
  for (uint32_t node = 0; node < graph.nodes.size(); ++node) {
    Instruction instruction = compile(graph.nodes[node]);
    // Of a value that a node reads twice, the second is the last.
    for (size_t i = 0; i < instruction.operands.size(); ++i) {
      Operand& operand = instruction.operands[i];
      operand.is_last = last[operand.value] == node;
      for (size_t k = i + 1; k < instruction.operands.size(); ++k)
        operand.is_last = operand.is_last && instruction.operands[k].value != operand.value;
    }
    for (const ValueIndex output : graph.nodes[node].outputs)
      instruction.is_unread.push_back(last[output] == kNeverRead);
    instructions_.push_back(std::move(instruction));
  }
}

Interpreter::Instruction Interpreter::compile(const GraphNode& node) const {
  Instruction result;
  for (const ValueIndex output : node.outputs)
    result.types.push_back({graph_.values[output].dtype, graph_.values[output].shape});
  if (node.op == "fake_quantize") {
    result.is_site = true;
    for (size_t i = 0; i < node.inputs.size(); ++i)
      result.operands.push_back({i, 0, node.inputs[i], false, false});
    return result;
  }
  const auto id = find_op(node.op, node.version);
  if (!id) throw internal_error(fmt::format("no op {} version {}", node.op, node.version), node.module);
  result.op = *id;
  const std::vector<ArgumentSignature>& arguments = op_signatures()[*id].arguments;
  size_t tensors = 0;  // arguments that are one tensor; what is left of the inputs is the list's
  for (const ArgumentSignature& one : arguments) tensors += one.kind == ArgumentKind::kValue;
  size_t next = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArgumentSignature& one = arguments[i];
    const bool is_list = one.kind == ArgumentKind::kValues;
    if (one.kind != ArgumentKind::kValue && !is_list) {
      result.arguments.push_back(attribute_of(node, one));
      continue;
    }
    const size_t count = is_list ? node.inputs.size() - tensors : 1;
    for (size_t item = 0; item < count; ++item) {
      const ValueIndex value = node.inputs.at(next++);
      if (value == kNoValue) continue;
      const bool is_constant = graph_.values[value].kind == ValueKind::kConstant;
      result.operands.push_back({i, item, value, false, one.by_rows && is_constant});
    }
    if (is_list)
      result.arguments.emplace_back(std::vector<Tensor>(count));
    else
      result.arguments.emplace_back(std::monostate{});
  }
  return result;
}

Tensor Interpreter::expand_anew(const GraphValue& value, const ConstantData& data, Reading reading) const {
  const DType precision = precision_of(reading);
  if (!is_quantized(reading) || data.qparams == nullptr)
    return device_.widen(data.values, all_rows(data.values), precision);
  const Tensor codes = data_.kept_codes(value);
  return codes.defined() ? device_.expand(codes, all_rows(codes), *data.qparams, precision)
                         : device_.through_codes(data.values, *data.qparams, precision);
}

Tensor Interpreter::expand(ValueIndex constant, Reading reading, HeldConstants* held) const {
  const GraphValue& value = graph_.values[constant];
  const ConstantData data = data_.constant(value);
  if (reading == Reading::kExact && data.exact != nullptr) return *data.exact;
  if (!is_float(data.values.dtype)) return data.values;
  if (held == nullptr) return expand_anew(value, data, reading);
  return held->find(value.parameter, is_quantized(reading), data.values,
                    [&] { return expand_anew(value, data, reading); });
}

Tensor Interpreter::take(const Operand& operand, Run& run) const {
  if (graph_.values[operand.value].kind == ValueKind::kConstant)
    return expand(operand.value, run.reading, run.held);
  Tensor& value = run.values[operand.value];
  return operand.is_last ? std::exchange(value, Tensor{}) : value;
}

Tensor Interpreter::gather(const Instruction& instruction, Run& run) {
  const Operand& table = instruction.operands[0];
  const GraphValue& value = graph_.values[table.value];
  const ConstantData data = data_.constant(value);
  return device_.gather(data.values, is_quantized(run.reading) ? data.qparams : nullptr,
                        take(instruction.operands[1], run), precision_of(run.reading), value.name);
}

std::vector<Tensor> Interpreter::execute(Instruction& instruction, Run& run) {
  for (const Operand& operand : instruction.operands) {
    if (operand.is_by_rows) return {gather(instruction, run)};
  }
  for (const Operand& operand : instruction.operands) {
    OpArgument& argument = instruction.arguments[operand.argument];
    if (auto* list = std::get_if<std::vector<Tensor>>(&argument))
      (*list)[operand.item] = take(operand, run);
    else
      argument = take(operand, run);
  }
  // In float64 the graph's types do not hold; what an op makes of integers is float32 in every reading, and
  // is widened for the ops that take one float dtype only.
  std::vector<Tensor> results =
      run.reading == Reading::kExact
          ? device_.run_all(instruction.op, instruction.arguments)
          : device_.run_typed(instruction.op, instruction.arguments, instruction.types);
  for (Tensor& result : results) {
    if (run.reading == Reading::kExact && result.dtype == kFloat32)
      result = device_.widen(result, all_rows(result), kFloat64);
  }
  for (const Operand& operand : instruction.operands) {
    OpArgument& argument = instruction.arguments[operand.argument];
    if (auto* list = std::get_if<std::vector<Tensor>>(&argument))
      (*list)[operand.item] = Tensor{};
    else
      argument = std::monostate{};
  }
  return results;
}

Tensor Interpreter::execute_site(const Instruction& instruction, const GraphNode& node, Run& run) {
  Tensor x = take(instruction.operands[0], run);
  const Tensor where = instruction.operands.size() > 1 ? take(instruction.operands[1], run) : Tensor{};
  if (!is_quantized(run.reading)) {
    const bool sees_all = !where.defined() || run.reading == Reading::kFloat;
    if (run.observe) run.observe(node.site, sees_all ? x : rows_where(x, where));
    return x;
  }
  const QParams& qparams = data_.qparams(node);
  if (qparams.is_float) return x;
  Tensor result = device_.fake_quantize(x, qparams);
  if (run.observe) run.observe(node.site, result);
  return result;
}

void Interpreter::begin(Reading reading, std::span<const Tensor> inputs, std::vector<Tensor>& values) const {
  values.assign(graph_.values.size(), Tensor{});
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    const ValueIndex value = graph_.inputs[i];
    const Tensor& given = inputs[i];
    if (given.dtype != graph_.values[value].dtype || given.shape != graph_.values[value].shape) {
      throw internal_error(fmt::format(
          "input {} is {}{}, the graph was traced for {}{}", graph_.values[value].name, given.dtype.name(),
          to_string(given.shape), graph_.values[value].dtype.name(), to_string(graph_.values[value].shape)));
    }
    values[value] =
        given.dtype == kFloat32 ? device_.widen(given, all_rows(given), precision_of(reading)) : given;
  }
}

void Interpreter::advance(Reading reading, uint32_t first, uint32_t end, std::vector<Tensor>& values,
                          const Observe& observe, HeldConstants* held, std::vector<Tensor>* kept) {
  Run run{reading, observe, values, held};
  for (size_t i = first; i < end; ++i) {
    control_.check();
    const GraphNode& node = graph_.nodes[i];
    try {
      std::vector<Tensor> results = instructions_[i].is_site
                                        ? std::vector<Tensor>{execute_site(instructions_[i], node, run)}
                                        : execute(instructions_[i], run);
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        if (kept != nullptr) (*kept)[node.outputs[k]] = results[k];
        if (!instructions_[i].is_unread[k]) values[node.outputs[k]] = std::move(results[k]);
      }
    } catch (const Error& error) {
      if (instructions_[i].is_site || error.is_stop()) throw;
      throw with_place(error, node);
    }
  }
}

std::vector<Tensor> Interpreter::finish(Reading reading, const std::vector<Tensor>& values) const {
  std::vector<Tensor> outputs;
  for (ValueIndex output : graph_.outputs) {
    const Tensor tensor = graph_.values[output].kind == ValueKind::kConstant
                              ? expand(output, reading, nullptr)
                              : values[output];
    outputs.push_back(tensor.dtype == kFloat64 ? to_single(tensor) : tensor);
  }
  return outputs;
}

uint64_t Interpreter::held_bytes(const GraphValue& constant, Reading reading) const {
  const ConstantData data = data_.constant(constant);
  if (!is_float(data.values.dtype)) return 0;
  const bool is_coded = is_quantized(reading) && data.qparams != nullptr;
  if (!is_coded && data.values.dtype == precision_of(reading)) return 0;
  return precision_of(reading).bytes(static_cast<uint64_t>(data.values.elements()));
}

std::vector<Tensor> Interpreter::run(Reading reading, std::span<const Tensor> inputs, const Observe& observe,
                                     std::vector<Tensor>* kept) {
  std::vector<Tensor> values;
  begin(reading, inputs, values);
  if (kept != nullptr) {
    kept->assign(graph_.values.size(), Tensor{});
    for (size_t i = 0; i < graph_.inputs.size(); ++i) (*kept)[graph_.inputs[i]] = inputs[i];
  }
  advance(reading, 0, static_cast<uint32_t>(instructions_.size()), values, observe, nullptr, kept);
  return finish(reading, values);
}

}  // namespace vernier::core
