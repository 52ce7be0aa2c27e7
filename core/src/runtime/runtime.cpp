#include "runtime/runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "abi/arguments.h"
#include "quantization/exact.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumOutputs = 64;

std::vector<int64_t> integers_of(const vernier_argument& argument) {
  const auto list = given(argument.as.integers, argument.count, "an op's integers");
  return {list.begin(), list.end()};
}

std::string text_of(const vernier_argument& argument) {
  const auto text = given(argument.as.text, argument.count, "an op's text");
  return {text.begin(), text.end()};
}

}  // namespace

// What holds while a forward of the root runs.
class Runtime::Forward {
 public:
  Forward(Runtime& runtime, Mode mode, Recorder* recorder, const Observe& observe)
      : runtime_(runtime), context_(runtime.services_, runtime) {
    runtime_.mode_ = mode;
    runtime_.recorder_ = recorder;
    runtime_.observe_ = &observe;
    runtime_.context_ = context_.handle();
    runtime_.thread_ = std::this_thread::get_id();
  }
  ~Forward() {
    for (uint32_t value : runtime_.alive_) runtime_.release(value);
    runtime_.alive_.clear();
    runtime_.recorder_ = nullptr;
    runtime_.observe_ = nullptr;
  }
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

 private:
  Runtime& runtime_;
  const Lease<HandleKind::kContext> context_;
};

// What holds while one module's forward runs. A call that failed leaves no trace, so that the caller may go
// on.
class Runtime::Call {
 public:
  Call(Runtime& runtime, int module)
      : runtime_(runtime), outer_(std::exchange(runtime.module_, module)), scope_(runtime.alive_.size()) {
    if (runtime_.recorder_ != nullptr) recorded_ = runtime_.recorder_->mark();
  }
  ~Call() {
    runtime_.module_ = outer_;
    if (is_done_) return;
    keep_only({});
    if (runtime_.recorder_ != nullptr) runtime_.recorder_->rewind(recorded_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // What the call made and does not hand on is freed now: the peak is one module's values, not the model's.
  void done(std::span<const uint64_t> outputs) {
    keep_only(outputs);
    is_done_ = true;
  }

 private:
  void keep_only(std::span<const uint64_t> outputs) {
    auto& alive = runtime_.alive_;
    const auto begin = alive.begin() + static_cast<std::ptrdiff_t>(scope_);
    const auto kept = std::stable_partition(begin, alive.end(), [&](uint32_t value) {
      return std::find(outputs.begin(), outputs.end(), runtime_.values_[value].handle.handle()) !=
             outputs.end();
    });
    std::for_each(kept, alive.end(), [this](uint32_t value) { runtime_.release(value); });
    alive.erase(kept, alive.end());
  }

  Runtime& runtime_;
  const int outer_;
  const size_t scope_;
  Recorder::Mark recorded_{};
  bool is_done_ = false;
};

std::vector<Tensor> Runtime::forward(Mode mode, const std::string& entry, std::span<const Tensor> inputs,
                                     Recorder* recorder, const Observe& observe) {
  const Forward running(*this, mode, recorder, observe);
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
  return results;
}

std::vector<uint64_t> Runtime::run_module(int module, const std::string& entry,
                                          std::span<const uint64_t> inputs) {
  Call call(*this, module);
  const Module& node = tree_.modules[module];
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
    if (!Found<HandleKind::kValue>(handle).is_of(*this)) {
      throw plugin_error(
          fmt::format("{} gave an output that is not a live value: handle {:#x}", node.type, handle),
          fmt::format("{} (plugin {})", where, node.plugin))
          .with(VERNIER_INVALID_HANDLE);
    }
  }
  call.done(outputs);
  return outputs;
}

Runtime::Slot& Runtime::slot(uint64_t handle, const char* what) {
  const Found<HandleKind::kValue> found(handle);
  if (!found.is_of(*this)) {
    throw plugin_error(
        fmt::format("{} is not a live value: stale, foreign or invented handle {:#x}", what, handle),
        current_path())
        .with(VERNIER_INVALID_HANDLE);
  }
  return values_[found.item()];
}

uint64_t Runtime::add(Slot slot) {
  uint32_t place = static_cast<uint32_t>(values_.size());
  if (free_.empty()) {
    values_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  slot.handle = Lease<HandleKind::kValue>(services_, *this, place);
  values_[place] = std::move(slot);
  alive_.push_back(place);
  return values_[place].handle.handle();
}

void Runtime::release(uint32_t slot) {
  values_[slot] = Slot{};
  free_.push_back(slot);
}

Tensor Runtime::widened(const Tensor& x) const { return device_.widen(x, all_rows(x), precision_); }

Tensor Runtime::expand(const Parameter& parameter) const {
  if (mode_ != Mode::kQuantize) return widened(parameter.source);
  if (precision_ == kFloat64) {
    const auto stand_in = stand_ins_.find(parameter.path);
    if (stand_in != stand_ins_.end()) return stand_in->second;
  }
  if (!parameter.codes.defined()) return widened(parameter.source);
  return device_.expand(parameter.codes, all_rows(parameter.codes), *tree_.sites[parameter.site].qparams,
                        precision_);
}

Tensor Runtime::materialize(const Slot& slot) const {
  if (slot.parameter < 0) return slot.tensor;
  services_.control().check();
  return expand(tree_.parameters[slot.parameter]);
}

const Tensor& Runtime::shape_source(uint64_t value) {
  const Slot& found = slot(value, "the value");
  return found.parameter < 0 ? found.tensor : tree_.parameters[found.parameter].source;
}

uint64_t Runtime::weight(uint64_t parameter) {
  services_.control().check();
  const Found<HandleKind::kParameter> place(parameter);
  if (!place.is_of(tree_))
    throw plugin_error("not a parameter of this tree", current_path()).with(VERNIER_INVALID_HANDLE);
  const Parameter& found = tree_.parameters[place.item()];
  Slot result{{}, static_cast<int>(place.item()), kNoValue};
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
  services_.control().check();
  const Found<HandleKind::kSite> place(site);
  if (!place.is_of(tree_))
    throw plugin_error("quantize was called with something that is no site of this tree", current_path())
        .with(VERNIER_INVALID_HANDLE);
  const int index = static_cast<int>(place.item());
  const auto& own = tree_.modules[module_].sites;
  if (std::find(own.begin(), own.end(), index) == own.end())
    throw plugin_error("quantize was called with a site that this module did not declare", current_path());
  Site& target = tree_.sites[place.item()];
  const Slot& input = slot(value, "the input of quantize");
  const DType dtype = shape_source(value).dtype;
  if (dtype.is_integer() || dtype == kBool) {
    throw plugin_error(
        fmt::format("site {} was given {}, only float32 is quantized", target.path, dtype.name()),
        current_path());
  }
  if (mode_ == Mode::kFloat && !*observe_) return value;
  const Tensor x = materialize(input);
  if (mode_ != Mode::kQuantize && mode_ != Mode::kPlan) {
    (*observe_)(index, x);
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
  Slot result{device_.fake_quantize(x, *target.qparams), -1, kNoValue};
  if (*observe_) (*observe_)(index, result.tensor);
  if (recorder_ != nullptr)
    result.recorded = recorder_->add_fake_quantize(input.recorded, target, current_path(), result.tensor);
  return add(std::move(result));
}

std::vector<uint64_t> Runtime::run_child(uint64_t module, const std::string& entry,
                                         std::span<const uint64_t> inputs, uint64_t capacity) {
  const Found<HandleKind::kModule> place(module);
  if (!place.is_of(tree_)) {
    throw plugin_error("forward was called for something that is no module of this tree", current_path())
        .with(VERNIER_INVALID_HANDLE);
  }
  const int index = static_cast<int>(place.item());
  const auto& children = tree_.modules[module_].children;
  if (std::find(children.begin(), children.end(), index) == children.end())
    throw plugin_error("forward was called for a module that is not a child of this one", current_path());
  for (uint64_t input : inputs) {
    if (input != VERNIER_NULL_HANDLE) slot(input, "an input of a child");
  }
  Call call(*this, module_);
  std::vector<uint64_t> outputs = run_module(index, entry, inputs);
  if (outputs.size() > capacity) {
    throw plugin_error(
        fmt::format("the child gave {} outputs, there is room for {}", outputs.size(), capacity),
        current_path())
        .with(VERNIER_OUT_OF_RANGE);
  }
  call.done(outputs);
  return outputs;
}

Tensor Runtime::gather(const Slot& table, const Tensor& indices) const {
  const Parameter& parameter = tree_.parameters[table.parameter];
  const bool is_coded = mode_ == Mode::kQuantize && parameter.codes.defined();
  return device_.gather(is_coded ? parameter.codes : parameter.source,
                        is_coded ? &*tree_.sites[parameter.site].qparams : nullptr, indices, precision_,
                        parameter.path);
}

uint64_t Runtime::call(uint32_t op, std::span<const vernier_argument> arguments) {
  services_.control().check();
  const auto ops = op_signatures();
  if (op >= ops.size())
    throw plugin_error(fmt::format("no op has id {}", op), current_path()).with(VERNIER_NOT_FOUND);
  const OpSignature& signature = ops[op];
  if (arguments.size() != signature.arguments.size()) {
    throw plugin_error(fmt::format("{} takes {} arguments, not {}", signature.name,
                                   signature.arguments.size(), arguments.size()),
                       current_path());
  }
  const bool is_gather = signature.arguments[0].by_rows && arguments[0].kind == VERNIER_ARGUMENT_VALUE &&
                         slot(arguments[0].as.handle, "weight").parameter >= 0;
  std::vector<OpArgument> values;
  std::vector<ValueIndex> recorded;
  const auto take_value = [&](uint64_t handle, bool by_rows) -> Tensor {
    const Slot& found = slot(handle, "an argument");
    recorded.push_back(found.recorded);
    return is_gather && by_rows ? Tensor{} : materialize(found);
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
        values.emplace_back(take_value(given.as.handle, wanted.by_rows));
        break;
      case ArgumentKind::kInteger:
        values.emplace_back(given.as.integer);
        break;
      case ArgumentKind::kNumber:
        values.emplace_back(given.as.number);
        break;
      case ArgumentKind::kIntegers:
        values.emplace_back(integers_of(given));
        break;
      case ArgumentKind::kText:
        values.emplace_back(text_of(given));
        break;
      case ArgumentKind::kValues: {
        std::vector<Tensor> many;
        for (uint64_t handle : core::given(given.as.handles, given.count, "an op's values"))
          many.push_back(take_value(handle, wanted.by_rows));
        values.emplace_back(std::move(many));
        break;
      }
    }
  }
  Tensor result = is_gather ? gather(slot(arguments[0].as.handle, "weight"), std::get<Tensor>(values[1]))
                            : device_.run(op, values);
  const ValueIndex output =
      recorder_ == nullptr ? kNoValue : recorder_->add_op(op, values, recorded, current_path(), result);
  return add({std::move(result), -1, output});
}

}  // namespace vernier::core
