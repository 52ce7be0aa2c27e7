#include "runtime/runtime.h"

#include <fmt/format.h>

#include <algorithm>

#include "quantization/exact.h"
#include "quantization/site_quant.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumOutputs = 64;

uint64_t context_handle(uint64_t number) {
  return uint64_t{static_cast<uint8_t>(HandleKind::kContext)} << 56 | (number & 0xffffffffffffffull);
}

}  // namespace

std::vector<Tensor> Runtime::forward(Mode mode, const std::string& entry, std::span<const Tensor> inputs,
                                     Recorder* recorder, const Observe& observe) {
  mode_ = mode;
  recorder_ = recorder;
  observe_ = &observe;
  running_ = true;
  context_ = context_handle(next_context_++);
  services_.runtime = this;
  const auto finish = [this] {
    for (uint64_t handle : alive_) values_.release(handle);
    alive_.clear();
    running_ = false;
    services_.runtime = nullptr;
    recorder_ = nullptr;
    observe_ = nullptr;
  };
  try {
    std::vector<uint64_t> handles;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ValueIndex recorded = recorder == nullptr ? kNoValue : recorder->graph().inputs.at(i);
      handles.push_back(add({inputs[i].dtype == kFloat32 ? widened(inputs[i]) : inputs[i], -1, recorded}));
    }
    std::vector<Tensor> results;
    std::vector<ValueIndex> outputs;
    for (uint64_t handle : run_module(0, entry, handles)) {
      const Slot& result = slot(handle, "an output");
      const Tensor tensor = materialize(result);
      results.push_back(tensor.dtype == kFloat64 ? to_single(tensor) : tensor);
      outputs.push_back(result.recorded);
    }
    if (recorder != nullptr) recorder->set_outputs(outputs);
    finish();
    return results;
  } catch (...) {
    finish();
    throw;
  }
}

std::vector<uint64_t> Runtime::run_module(int module, const std::string& entry,
                                          std::span<const uint64_t> inputs) {
  const int outer = module_;
  module_ = module;
  const Module& node = tree_.modules[module];
  const size_t scope = alive_.size();
  std::vector<uint64_t> outputs(kMaximumOutputs);
  uint64_t count = 0;
  const std::string where =
      fmt::format("module {} ({})", node.path.empty() ? "<root>" : node.path, node.type);
  services_.call(node.plugin, where, [&] {
    return node.wrapper->forward(node.instance.get(), context_, to_abi(entry), inputs.data(), inputs.size(),
                                 outputs.data(), outputs.size(), &count);
  });
  if (count > outputs.size())
    throw plugin_error(fmt::format("{} gave {} outputs; at most {} fit", node.type, count, kMaximumOutputs),
                       where);
  outputs.resize(count);
  for (uint64_t handle : outputs) {
    if (values_.find(handle) == nullptr) {
      throw plugin_error(
          fmt::format("{} gave an output that is not a live value: handle {:#x}", node.type, handle),
          fmt::format("{} (plugin {})", where, node.plugin));
    }
  }

  // What the call made and does not hand on is freed now: the peak is one module's values, not the model's.
  const auto begin = alive_.begin() + static_cast<std::ptrdiff_t>(scope);
  const auto kept = std::stable_partition(begin, alive_.end(), [&](uint64_t handle) {
    return std::find(outputs.begin(), outputs.end(), handle) != outputs.end();
  });
  std::for_each(kept, alive_.end(), [this](uint64_t handle) { values_.release(handle); });
  alive_.erase(kept, alive_.end());
  module_ = outer;
  return outputs;
}

Runtime::Slot& Runtime::slot(uint64_t handle, const char* what) {
  Slot* found = values_.find(handle);
  if (found == nullptr)
    throw plugin_error(
        fmt::format("{} is not a live value: stale, foreign or invented handle {:#x}", what, handle),
        current_path());
  return *found;
}

uint64_t Runtime::add(Slot slot) {
  const uint64_t handle = values_.add(std::move(slot));
  alive_.push_back(handle);
  return handle;
}

Tensor Runtime::widened(const Tensor& x) const {
  return precision_ == Precision::kDouble ? to_float64(x, services_.pool()) : to_float32(x, services_.pool());
}

Tensor Runtime::expand(const Parameter& parameter) const {
  if (mode_ != Mode::kQuantize) return widened(parameter.source);
  if (precision_ == Precision::kDouble) {
    const auto stand_in = stand_ins_.find(parameter.path);
    if (stand_in != stand_ins_.end()) return stand_in->second;
  }
  if (!parameter.codes.defined()) return widened(parameter.source);
  const QParams& qparams = *tree_.sites[parameter.site].qparams;
  return precision_ == Precision::kDouble ? expand_codes_exactly(parameter.codes, qparams, services_.pool())
                                          : expand_codes(parameter.codes, qparams, services_.pool());
}

Tensor Runtime::materialize(const Slot& slot) const {
  return slot.parameter < 0 ? slot.tensor : expand(tree_.parameters[slot.parameter]);
}

const Tensor& Runtime::shape_source(uint64_t value) {
  const Slot& found = slot(value, "the value");
  return found.parameter < 0 ? found.tensor : tree_.parameters[found.parameter].source;
}

uint64_t Runtime::weight(uint64_t parameter) {
  const int* index = tree_.parameter_handles.find(parameter);
  if (index == nullptr) throw plugin_error("not a parameter of this tree", current_path());
  const Parameter& found = tree_.parameters[*index];
  Slot result{{}, *index, kNoValue};
  if (recorder_ != nullptr) {
    const bool planned = mode_ == Mode::kPlan && found.site >= 0 && tree_.sites[found.site].qparams &&
                         !tree_.sites[found.site].qparams->is_float;
    const bool quantized = planned || (mode_ == Mode::kQuantize && found.codes.defined());
    result.recorded =
        recorder_->add_parameter(found, quantized ? &*tree_.sites[found.site].qparams : nullptr);
  }
  return add(std::move(result));
}

uint64_t Runtime::quantize(uint64_t site, uint64_t value) {
  const int* index = tree_.site_handles.find(site);
  const auto& own = tree_.modules[module_].sites;
  if (index == nullptr || std::find(own.begin(), own.end(), *index) == own.end()) {
    throw plugin_error("quantize was called with a site that this module did not declare", current_path());
  }
  Site& target = tree_.sites[*index];
  const Slot& input = slot(value, "the input of quantize");
  if (mode_ == Mode::kFloat && !*observe_) return value;
  const Tensor x = materialize(input);
  if (x.dtype != kFloat32 && x.dtype != kFloat64)
    throw plugin_error(
        fmt::format("site {} was given {}, only float32 is quantized", target.path, x.dtype.name()),
        current_path());
  if (mode_ != Mode::kQuantize && mode_ != Mode::kPlan) {
    (*observe_)(*index, x);
    return value;
  }
  if (!target.qparams) throw internal_error(fmt::format("site {} has no qparams", target.path));
  if (target.qparams->is_float) return value;
  if (mode_ == Mode::kPlan) {
    QParams& planned = *target.qparams;
    // Only here is it known how many channels there are.
    if (planned.axis >= 0 && planned.axis < static_cast<int64_t>(x.shape.size())) {
      planned.scale.resize(static_cast<size_t>(x.shape[planned.axis]), planned.scale.front());
      planned.zero_point.resize(planned.scale.size(), planned.zero_point.front());
    }
    return add({x, -1, recorder_->add_fake_quantize(input.recorded, target, current_path(), x)});
  }
  Slot result{x.dtype == kFloat64 ? fake_quantize_exactly(x, *target.qparams)
                                  : fake_quantize(x, *target.qparams, services_.pool()),
              -1, kNoValue};
  if (*observe_) (*observe_)(*index, result.tensor);
  if (recorder_ != nullptr)
    result.recorded = recorder_->add_fake_quantize(input.recorded, target, current_path(), result.tensor);
  return add(std::move(result));
}

std::vector<uint64_t> Runtime::run_child(uint64_t module, const std::string& entry,
                                         std::span<const uint64_t> inputs) {
  const int* index = tree_.module_handles.find(module);
  const auto& children = tree_.modules[module_].children;
  if (index == nullptr || std::find(children.begin(), children.end(), *index) == children.end()) {
    throw plugin_error("forward was called for a module that is not a child of this one", current_path());
  }
  return run_module(*index, entry, inputs);
}

Tensor Runtime::gather(const Slot& table, const Tensor& indices) const {
  const Parameter& parameter = tree_.parameters[table.parameter];
  if (parameter.source.shape.size() != 2)
    throw plugin_error(fmt::format("embedding of a table of shape {}", to_string(parameter.source.shape)),
                       current_path());
  const std::vector<int64_t> rows = row_numbers(indices, parameter.source.shape[0], parameter.path);
  if (mode_ == Mode::kQuantize && parameter.codes.defined()) {
    const QParams& qparams = *tree_.sites[parameter.site].qparams;
    if (precision_ == Precision::kDouble)
      return expand_code_rows_exactly(parameter.codes, qparams, rows, indices.shape, services_.pool());
    return expand_code_rows(parameter.codes, qparams, rows, indices.shape, services_.pool());
  }
  return widened(float_rows(parameter.source, rows, indices.shape, services_.pool()));
}

uint64_t Runtime::call(uint32_t op, std::span<const vernier_argument> arguments) {
  const auto ops = op_signatures();
  if (op >= ops.size()) throw plugin_error(fmt::format("no op has id {}", op), current_path());
  const OpSignature& signature = ops[op];
  if (arguments.size() != signature.arguments.size()) {
    throw plugin_error(fmt::format("{} takes {} arguments, not {}", signature.name,
                                   signature.arguments.size(), arguments.size()),
                       current_path());
  }
  const bool is_gather = signature.name == "embedding" && arguments[0].kind == VERNIER_ARGUMENT_VALUE &&
                         slot(arguments[0].as.handle, "weight").parameter >= 0;
  std::vector<OpArgument> values;
  std::vector<ValueIndex> recorded;
  const auto take_value = [&](uint64_t handle, std::string_view name) -> Tensor {
    const Slot& found = slot(handle, "an argument");
    recorded.push_back(found.recorded);
    return is_gather && name == "weight" ? Tensor{} : materialize(found);
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArgumentSignature& wanted = signature.arguments[i];
    const vernier_argument& given = arguments[i];
    if (given.kind == VERNIER_ARGUMENT_NONE && wanted.optional) {
      recorded.push_back(kNoValue);
      values.emplace_back(std::monostate{});
      continue;
    }
    if (given.kind != static_cast<uint32_t>(wanted.kind))
      throw plugin_error(fmt::format("{}: argument {} has the wrong kind", signature.name, wanted.name),
                         current_path());
    switch (wanted.kind) {
      case ArgumentKind::kValue:
        values.emplace_back(take_value(given.as.handle, wanted.name));
        break;
      case ArgumentKind::kInteger:
        values.emplace_back(given.as.integer);
        break;
      case ArgumentKind::kNumber:
        values.emplace_back(given.as.number);
        break;
      case ArgumentKind::kIntegers:
        values.emplace_back(std::vector<int64_t>(given.as.integers, given.as.integers + given.count));
        break;
      case ArgumentKind::kText:
        values.emplace_back(std::string(given.as.text, given.count));
        break;
      case ArgumentKind::kValues: {
        std::vector<Tensor> many;
        for (uint32_t k = 0; k < given.count; ++k)
          many.push_back(take_value(given.as.handles[k], wanted.name));
        values.emplace_back(std::move(many));
        break;
      }
    }
  }
  Tensor result = is_gather ? gather(slot(arguments[0].as.handle, "weight"), std::get<Tensor>(values[1]))
                            : compute_.run(op, values);
  const ValueIndex output =
      recorder_ == nullptr ? kNoValue : recorder_->add_op(op, values, recorded, current_path(), result);
  return add({std::move(result), -1, output});
}

}  // namespace vernier::core
