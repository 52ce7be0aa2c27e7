#include "trace/tracer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "abi/arguments.h"
#include "calls/call_recorder.h"
#include "plugin/entry_names.h"
#include "trace/replay.h"
#include "trace/tables.h"
#include "trace/value_places.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumOutputs = 256;  // as many as a unit of a program may have

std::string name_of(const Module& module) {
  return fmt::format("module {} ({})", module.path.empty() ? "<root>" : module.path, module.type);
}

// A float is float32 in a forward, whatever the checkpoint keeps.
DType dtype_in_forward(DType source) {
  return source.is_integer() || source == kBool ? source : DType(kFloat32);
}

// The manifest names the outputs of an entry one for one, or not at all.
void require_outputs(const Module& module, const std::string& entry, uint64_t count) {
  const EntryInfo* info = module.info == nullptr ? nullptr : module.info->entry(entry);
  if (info == nullptr || info->outputs.empty() || info->outputs.size() == count) return;
  if (has_repeated(info->outputs)) return;  // who named them holds them to it
  throw plugin_error(fmt::format("entry {} gave {} outputs, its manifest names {}: {}", entry, count,
                                 info->outputs.size(), fmt::join(info->outputs, ", ")),
                     fmt::format("{} (plugin {})", name_of(module), module.plugin),
                     "name each of the entry's outputs in the manifest, or none");
}

// `names`: of an entry whose manifest leaves their number to the config; none are fine.
void require_named(const Module& module, const Graph& graph, std::span<const std::string> names) {
  if (names.empty() || names.size() == graph.outputs.size()) return;
  throw plugin_error(fmt::format("{} gave {} outputs; its caller names {}: {}", graph.name,
                                 graph.outputs.size(), names.size(), fmt::join(names, ", ")),
                     fmt::format("{} (plugin {})", name_of(module), module.plugin),
                     "the config says how many there are, to the wrapper and to its caller alike");
}

}  // namespace

// What holds while a trace is made.
class Tracer::Forward {
 public:
  Forward(Tracer& tracer, TraceBuilder& builder) : tracer_(tracer), context_(tracer.services_, tracer) {
    tracer_.builder_ = &builder;
    tracer_.context_ = context_.handle();
    tracer_.thread_ = std::this_thread::get_id();
  }
  ~Forward() {
    if (tracer_.tree_.recorder != nullptr) tracer_.tree_.recorder->end_trace(is_done_);
    tracer_.placeholders_.clear();
    tracer_.builder_ = nullptr;
    tracer_.context_ = 0;
  }
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

  void done() { is_done_ = true; }

 private:
  Tracer& tracer_;
  bool is_done_ = false;
  const Lease<HandleKind::kContext> context_;
};

// What holds while one module's forward runs. A call that failed leaves no trace, so that the caller may go
// on.
class Tracer::Call {
 public:
  Call(Tracer& tracer, int module)
      : tracer_(tracer),
        outer_(std::exchange(tracer.module_, module)),
        begin_(tracer.placeholders_.size()),
        mark_(tracer.builder_->mark()),
        recorded_(tracer.tree_.recorder) {}
  ~Call() {
    tracer_.module_ = outer_;
    if (is_done_) return;
    while (tracer_.placeholders_.size() > begin_) tracer_.placeholders_.pop_back();
    tracer_.builder_->rewind(mark_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void done() {
    is_done_ = true;
    recorded_.done();
  }

 private:
  Tracer& tracer_;
  const int outer_;
  const size_t begin_;
  const TraceBuilder::Mark mark_;
  CallRecorder::Attempt recorded_;
  bool is_done_ = false;
};

Graph Tracer::trace(int module, const std::string& entry, std::span<const NamedType> inputs,
                    std::span<const std::string> outputs) {
  const Module& root = tree_.modules[static_cast<size_t>(module)];
  TraceBuilder builder(fmt::format("{}:{}", root.path.empty() ? root.type : root.path, entry));
  Forward running(*this, builder);
  std::vector<TensorType> types;
  for (const NamedType& input : inputs) types.push_back(input.type);
  const auto place = static_cast<uint32_t>(module);
  if (tree_.replay != nullptr) tree_.replay->begin_trace(place, root.path, entry, types);
  if (tree_.recorder != nullptr) tree_.recorder->begin_trace(place, entry, std::move(types));
  std::vector<uint64_t> handles;
  for (const NamedType& input : inputs)
    handles.push_back(add(input.type, builder.add_input(input.name, input.type)));
  builder.set_outputs(values_of(run_module(module, entry, handles)));
  running.done();
  Graph graph = builder.take();
  graph.attributes = {{"module", root.path},
                      {"type", root.type},
                      {"entry", entry},
                      {"config", root.config_text},
                      {"model_config", tree_.model_config}};
  if (const EntryInfo* info = root.info == nullptr ? nullptr : root.info->entry(entry)) {
    graph.output_names = info->outputs;
    if (has_repeated(info->outputs)) {
      require_named(root, graph, outputs);
      graph.output_names.assign(outputs.begin(), outputs.end());
    }
    note_outputs(graph);
  }
  return graph;
}

void Tracer::note_outputs(const Graph& graph) {
  for (size_t i = 0; i < graph.output_names.size(); ++i) {
    for (const GraphNode& node : graph.nodes) {
      if (node.site >= 0 && node.outputs[0] == graph.outputs[i])
        tree_.sites[static_cast<size_t>(node.site)].output = graph.output_names[i];
    }
  }
}

std::vector<ValueIndex> Tracer::values_of(std::span<const uint64_t> handles) {
  std::vector<ValueIndex> values;
  values.reserve(handles.size());
  for (uint64_t handle : handles)
    values.push_back(handle == VERNIER_NULL_HANDLE ? kNoValue : find(handle, "a value").value);
  return values;
}

std::vector<uint64_t> Tracer::run_module(int module, const std::string& entry,
                                         std::span<const uint64_t> inputs) {
  Call call(*this, module);
  const Module& node = tree_.modules[module];
  const size_t scope = builder_->begin_scope(node.path, entry, values_of(inputs));
  std::vector<uint64_t> outputs(kMaximumOutputs);
  uint64_t count = 0;
  const std::string where = name_of(node);
  services_.call(node.plugin, where, [&] {
    return node.wrapper->forward(node.instance.get(), context_, to_abi(entry), inputs.data(), inputs.size(),
                                 outputs.data(), outputs.size(), &count);
  });
  if (count > outputs.size())
    throw plugin_error(fmt::format("{} gave {} outputs; at most {} fit", node.type, count, kMaximumOutputs),
                       where);
  outputs.resize(count);
  require_outputs(node, entry, count);
  for (uint64_t handle : outputs) {
    if (!Found<HandleKind::kValue>(handle).is_of(*this)) {
      throw plugin_error(
          fmt::format("{} gave an output that is not a live value: handle {:#x}", node.type, handle),
          fmt::format("{} (plugin {})", where, node.plugin))
          .with(VERNIER_INVALID_HANDLE);
    }
  }
  builder_->end_scope(scope, values_of(outputs));
  if (tree_.recorder != nullptr) tree_.recorder->add(EndCall{places_of(outputs)});
  call.done();
  return outputs;
}

Tracer::Placeholder& Tracer::find(uint64_t handle, const char* what) {
  const Found<HandleKind::kValue> found(handle);
  if (!found.is_of(*this)) {
    throw plugin_error(
        fmt::format("{} is not a live value: stale, foreign or invented handle {:#x}", what, handle),
        current_path())
        .with(VERNIER_INVALID_HANDLE);
  }
  return placeholders_[found.item()];
}

uint64_t Tracer::add(TensorType type, ValueIndex value) {
  const auto place = static_cast<uint32_t>(placeholders_.size());
  placeholders_.push_back({std::move(type), value, Lease<HandleKind::kValue>(services_, *this, place)});
  return placeholders_.back().handle.handle();
}

const TensorType& Tracer::type_of(uint64_t value) { return find(value, "the value").type; }

uint64_t Tracer::weight(uint64_t parameter) {
  services_.control().check();
  const Found<HandleKind::kParameter> place(parameter);
  if (!place.is_of(tree_))
    throw plugin_error("not a parameter of this tree", current_path()).with(VERNIER_INVALID_HANDLE);
  const Parameter& found = tree_.parameters[place.item()];
  if (tree_.recorder != nullptr) tree_.recorder->add(WeightCall{place.item()});
  return add({dtype_in_forward(found.source.dtype), found.source.shape},
             builder_->add_parameter(found, static_cast<int>(place.item())));
}

int Tracer::site_for(uint64_t site, const Placeholder& input) const {
  const Found<HandleKind::kSite> place(site);
  if (!place.is_of(tree_))
    throw plugin_error("quantize was called with something that is no site of this tree", current_path())
        .with(VERNIER_INVALID_HANDLE);
  const int index = static_cast<int>(place.item());
  const auto& own = tree_.modules[module_].sites;
  if (std::find(own.begin(), own.end(), index) == own.end())
    throw plugin_error("quantize was called with a site that this module did not declare", current_path());
  const DType dtype = input.type.dtype;
  if (dtype.is_integer() || dtype == kBool) {
    throw plugin_error(fmt::format("site {} was given {}, only float32 is quantized",
                                   tree_.sites[place.item()].path, dtype.name()),
                       current_path());
  }
  return index;
}

uint64_t Tracer::quantize(uint64_t site, uint64_t value) {
  services_.control().check();
  const Placeholder& input = find(value, "the input of quantize");
  const int index = site_for(site, input);
  if (tree_.recorder != nullptr)
    tree_.recorder->add(QuantizeCall{static_cast<uint32_t>(index), place_of(value), kNoPlace});
  return add(input.type, builder_->add_fake_quantize(input.value, tree_.sites[static_cast<size_t>(index)],
                                                     index, current_path()));
}

uint64_t Tracer::quantize_where(uint64_t site, uint64_t value, uint64_t where) {
  services_.control().check();
  const Placeholder& input = find(value, "the input of quantize_where");
  const Placeholder& rows = find(where, "the rows of quantize_where");
  const int index = site_for(site, input);
  const Site& target = tree_.sites[static_cast<size_t>(index)];
  const Shape &whole = input.type.shape, &leading = rows.type.shape;
  const bool is_leading = !leading.empty() && leading.size() <= whole.size() &&
                          std::equal(leading.begin(), leading.end(), whole.begin());
  if (rows.type.dtype != kBool || !is_leading) {
    throw plugin_error(fmt::format("site {} observes {} where {} is true", target.path, to_string(whole),
                                   to_string(rows.type)),
                       current_path(), "`where` is bool and has the extents of the tensor's first axes");
  }
  if (tree_.recorder != nullptr)
    tree_.recorder->add(QuantizeCall{static_cast<uint32_t>(index), place_of(value), place_of(where)});
  return add(input.type, builder_->add_fake_quantize(input.value, target, index, current_path(), rows.value));
}

uint64_t Tracer::table(const std::string& name, const vernier_tensor& values) {
  services_.control().check();
  const Module& module = tree_.modules[module_];
  if (name.empty()) throw plugin_error("a table without a name", module.path);
  for (int other : module.parameters) {
    if (tree_.parameters[other].name == name)
      throw plugin_error(fmt::format("table \"{}\" has the name of a parameter", name), module.path);
  }
  auto table = std::make_shared<TableData>(TableData{name, table_values(values, name, module.path)});
  const TensorType type{table->values.dtype, table->values.shape};
  const Tensor elements = table->values;
  const ValueIndex value = builder_->add_table(std::move(table), module.path);
  if (tree_.recorder != nullptr)
    tree_.recorder->add_table({name, type.dtype, type.shape, 0}, {elements.data, elements.bytes()});
  return add(type, value);
}

std::vector<uint64_t> Tracer::run_child(uint64_t module, const std::string& entry,
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
    if (input != VERNIER_NULL_HANDLE) find(input, "an input of a child");
  }
  Call call(*this, module_);
  if (tree_.recorder != nullptr)
    tree_.recorder->add(ForwardCall{static_cast<uint32_t>(index), entry, places_of(inputs)});
  std::vector<uint64_t> outputs = run_module(index, entry, inputs);
  if (outputs.size() > capacity) {
    throw plugin_error(
        fmt::format("the child gave {} outputs, there is room for {}", outputs.size(), capacity),
        current_path())
        .with(VERNIER_OUT_OF_RANGE);
  }
  call.done();
  return outputs;
}

ArgumentType Tracer::argument(const vernier_argument& argument, ArgumentKind kind,
                              std::vector<ValueIndex>& values) {
  const auto take_value = [&](uint64_t handle) {
    const Placeholder& found = find(handle, "an argument");
    values.push_back(found.value);
    return found.type;
  };
  switch (kind) {
    case ArgumentKind::kValue:
      return take_value(argument.as.handle);
    case ArgumentKind::kInteger:
      return argument.as.integer;
    case ArgumentKind::kNumber:
      return argument.as.number;
    case ArgumentKind::kIntegers: {
      const auto list = given(argument.as.integers, argument.count, "an op's integers");
      return std::vector<int64_t>(list.begin(), list.end());
    }
    case ArgumentKind::kText: {
      const auto text = given(argument.as.text, argument.count, "an op's text");
      return std::string(text.begin(), text.end());
    }
    case ArgumentKind::kValues: {
      std::vector<TensorType> many;
      for (uint64_t handle : given(argument.as.handles, argument.count, "an op's values"))
        many.push_back(take_value(handle));
      return many;
    }
  }
  throw internal_error("an argument kind has no code");
}

std::vector<uint64_t> Tracer::call(uint32_t op, std::span<const vernier_argument> arguments, size_t results) {
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
  std::vector<ArgumentType> types;
  std::vector<ValueIndex> values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArgumentSignature& wanted = signature.arguments[i];
    const vernier_argument& given = arguments[i];
    if (given.kind == VERNIER_ARGUMENT_NONE && wanted.optional) {
      if (wanted.kind == ArgumentKind::kValue) values.push_back(kNoValue);
      types.emplace_back(std::monostate{});
      continue;
    }
    if (given.kind != static_cast<uint32_t>(wanted.kind))
      throw plugin_error(fmt::format("{}: argument {} has the wrong kind", signature.name, wanted.name),
                         current_path());
    types.push_back(argument(given, wanted.kind, values));
  }
  const std::vector<TensorType> given = op_results(op, types);
  if (given.size() != results) {
    throw plugin_error(fmt::format("{} gives {} result{}, not {}", signature.name, given.size(),
                                   given.size() == 1 ? "" : "s", results),
                       current_path());
  }
  const std::vector<ValueIndex> outputs = builder_->add_op(op, types, values, current_path(), given);
  if (tree_.recorder != nullptr) tree_.recorder->add(op_call(op, arguments, outputs.size()));
  std::vector<uint64_t> handles;
  for (size_t i = 0; i < given.size(); ++i) handles.push_back(add(given[i], outputs[i]));
  return handles;
}

}  // namespace vernier::core
