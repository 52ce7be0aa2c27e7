#include "trace/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "abi/handle_space.h"
#include "abi/interfaces.h"
#include "trace/tables.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// What the process of a trial may take for data, see session/serve_trial.cpp: no fill of it was larger.
constexpr int64_t kMostFilled = int64_t{1} << 29;

std::string shown_path(const std::string& path) { return path.empty() ? "<root>" : path; }

// What is thrown within becomes the status of the call, what it returns is the status of a call of the host.
template <typename Body>
vernier_status replayed(Body&& body) noexcept {
  vernier_status status = VERNIER_OK;
  const vernier_status outcome = answer([&] { status = body(); });
  return outcome == VERNIER_OK ? status : outcome;
}

Error damaged(const char* what, uint64_t place, uint64_t count) {
  return plugin_error(fmt::format("what the wrappers did where the plan was tried is damaged: {} {} of {}",
                                  what, place, count),
                      {}, "a plugin may have written over it; `vernier plugins` lists the plugins");
}

template <typename Handles>
uint64_t handle_at(const Handles& handles, uint32_t place, const char* what) {
  if (place >= handles.size()) throw damaged(what, place, handles.size());
  return handles[place].handle();
}

// Elsewhere a fill that takes all memory is the wrapper's own end.
void require_modest(const ParameterCall& call) {
  if ((call.flags & VERNIER_PARAMETER_FILL) == 0) return;
  int64_t elements = 1;
  for (const int64_t extent : call.shape) {
    if (extent <= 0) return;  // the builder's to judge
    if (extent > kMostFilled / elements)
      throw damaged("a fill of an extent", static_cast<uint64_t>(extent), kMostFilled);
    elements *= extent;
  }
}

}  // namespace

Replay::Replay(HostServices& services, RecordedCalls calls, std::unique_ptr<ScratchFile> tables,
               uint64_t table_bytes)
    : services_(services),
      calls_(std::move(calls)),
      tables_(std::move(tables)),
      table_bytes_(table_bytes),
      host_{VERNIER_SIZE_UP_TO(vernier_host, context), this, nullptr, nullptr, nullptr, nullptr, nullptr} {}

const vernier_wrapper* Replay::table() {
  static const vernier_wrapper functions = {VERNIER_SIZE_UP_TO(vernier_wrapper, forward), &create, &destroy,
                                            &forward};
  return &functions;
}

void Replay::log(const LogCall& call) { services_.log(call.level, call.plugin, call.text); }

vernier_status Replay::create(const vernier_host* host, vernier_module module, void** instance) {
  return replayed([&] {
    auto& self = *static_cast<Replay*>(host->context);
    ModuleTree* tree = nullptr;
    uint32_t index = 0;
    {
      const Found<HandleKind::kModule> found(module);
      if (!found) throw internal_error("a module that is not there is created");
      tree = &found.owner();
      index = found.item();
    }
    self.expect_module(tree->modules[index], index);
    const vernier_status status = self.declare_all(*tree, module);
    if (status != VERNIER_OK) return status;
    *instance = &self.instances_.emplace_back(Instance{&self, tree, index});
    return VERNIER_OK;
  });
}

void Replay::expect_module(const Module& module, uint32_t index) {
  std::optional<std::string> wanted = std::exchange(child_type_, std::nullopt);
  if (index == 0) {
    wanted = calls_.type;
    reader_.emplace(calls_.tree);
  }
  if (wanted && *wanted == module.type) return;
  throw internal_error(
      fmt::format("nothing is recorded of module {} ({})", shown_path(module.path), module.type));
}

vernier_status Replay::declare_all(ModuleTree& tree, vernier_module module) {
  for (;;) {
    const RecordedCall call = reader_->next<RecordedCall>();
    if (std::holds_alternative<EndCall>(call)) return VERNIER_OK;
    const vernier_status status = declare(tree, module, call);
    if (status != VERNIER_OK) return status;
  }
}

vernier_status Replay::declare(ModuleTree& tree, vernier_module module, const RecordedCall& call) {
  const vernier_module_interface& to = *module_interface();
  if (const auto* site = std::get_if<SiteCall>(&call)) {
    const vernier_site_declaration declaration = declaration_of(*site);
    vernier_site result = 0;
    return to.site(nullptr, module, &declaration, &result);
  }
  if (const auto* parameter = std::get_if<ParameterCall>(&call)) {
    require_modest(*parameter);
    vernier_site_declaration own_site;
    const vernier_parameter_declaration declaration = declaration_of(*parameter, own_site);
    vernier_parameter result = 0;
    return to.parameter(nullptr, module, &declaration, &result);
  }
  if (const auto* child = std::get_if<ModuleCall>(&call)) {
    child_type_ = child->type;
    vernier_module result = 0;
    return to.child(nullptr, module, to_abi(child->name), to_abi(child->type), to_abi(child->config),
                    &result);
  }
  if (const auto* scalar = std::get_if<ScalarCall>(&call)) {
    double number = 0;
    return to.scalar(nullptr, module, to_abi(scalar->name), &number);
  }
  if (const auto* tie = std::get_if<TieCall>(&call))
    return to.tie(nullptr, module, handle_at(tree.site_handles, tie->site, "site"), to_abi(tie->path));
  log(std::get<LogCall>(call));  // read_calls() lets nothing else pass
  return VERNIER_OK;
}

void Replay::begin_trace(uint32_t module, const std::string& path, const std::string& entry,
                         const std::vector<TensorType>& inputs) {
  trace_ = nullptr;
  values_.clear();
  depth_ = 0;
  child_forward_.reset();
  const auto found = std::find_if(calls_.traces.begin(), calls_.traces.end(),
                                  [&](const TraceCalls& one) { return one.is_of(module, entry, inputs); });
  if (found == calls_.traces.end()) {
    std::string types;
    for (const TensorType& one : inputs) types += (types.empty() ? "" : ", ") + to_string(one);
    throw internal_error(fmt::format("nothing is recorded of entry {} of module {} for inputs {}", entry,
                                     shown_path(path), types),
                         {}, "if files of samples changed meanwhile, run it again");
  }
  if (found->error) throw *found->error;
  trace_ = &*found;
  reader_.emplace(trace_->calls);
}

// One level of forwards, however it ends.
class Replay::Running {
 public:
  explicit Running(Replay& replay) : replay_(replay) { ++replay_.depth_; }
  ~Running() {
    if (--replay_.depth_ == 0) replay_.trace_ = nullptr;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Replay& replay_;
};

vernier_status Replay::forward(void* instance, vernier_context context, vernier_string entry,
                               const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                               uint64_t capacity, uint64_t* count) {
  return replayed([&] {
    const Instance& module = *static_cast<Instance*>(instance);
    Replay& self = *module.replay;
    self.expect_forward(module, to_view(entry), {inputs, static_cast<size_t>(input_count)});
    const Running running(self);
    std::vector<uint64_t> results;
    const vernier_status status = self.compute_all(module, context, results);
    if (status != VERNIER_OK) return status;
    if (results.size() > capacity) throw damaged("outputs,", results.size(), capacity);
    std::copy(results.begin(), results.end(), outputs);
    *count = results.size();
    return VERNIER_OK;
  });
}

void Replay::expect_forward(const Instance& instance, std::string_view entry,
                            std::span<const uint64_t> inputs) {
  const std::optional<ForwardCall> wanted = std::exchange(child_forward_, std::nullopt);
  const bool is_outermost = depth_ == 0;
  if (is_outermost) values_.assign(inputs.begin(), inputs.end());
  const bool is_it = trace_ != nullptr &&
                     (is_outermost ? trace_->module == instance.module && trace_->entry == entry
                                   : wanted && wanted->module == instance.module && wanted->entry == entry);
  if (is_it) return;
  const Module& module = instance.tree->modules[instance.module];
  throw internal_error(
      fmt::format("nothing is recorded of entry {} of module {}", entry, shown_path(module.path)));
}

vernier_status Replay::compute_all(const Instance& instance, vernier_context context,
                                   std::vector<uint64_t>& outputs) {
  for (;;) {
    const RecordedCall call = reader_->next<RecordedCall>();
    if (const auto* end = std::get_if<EndCall>(&call)) {
      outputs = values(end->outputs);
      return VERNIER_OK;
    }
    const vernier_status status = compute(instance, context, call);
    if (status != VERNIER_OK) return status;
  }
}

vernier_status Replay::compute(const Instance& instance, vernier_context context, const RecordedCall& call) {
  const vernier_context_interface& to = *context_interface();
  const ModuleTree& tree = *instance.tree;
  if (const auto* op = std::get_if<OpCall>(&call)) return call_op(context, *op);
  if (const auto* table = std::get_if<TableCall>(&call)) return give_table(instance, context, *table);
  if (const auto* child = std::get_if<ForwardCall>(&call)) {
    const std::vector<uint64_t> inputs = values(child->inputs);
    std::vector<uint64_t> room(64);
    uint64_t count = 0;
    child_forward_ = *child;
    return to.forward(nullptr, context, handle_at(tree.module_handles, child->module, "module"),
                      to_abi(child->entry), inputs.data(), inputs.size(), room.data(), room.size(), &count);
  }
  uint64_t result = VERNIER_NULL_HANDLE;
  vernier_status status = VERNIER_OK;
  if (const auto* quantize = std::get_if<QuantizeCall>(&call)) {
    const uint64_t site = handle_at(tree.site_handles, quantize->site, "site"), x = value(quantize->x);
    status = quantize->where == kNoPlace
                 ? to.quantize(nullptr, context, site, x, &result)
                 : to.quantize_where(nullptr, context, site, x, value(quantize->where), &result);
  } else if (const auto* weight = std::get_if<WeightCall>(&call)) {
    status = to.weight(nullptr, context, handle_at(tree.parameter_handles, weight->parameter, "parameter"),
                       &result);
  } else {
    log(std::get<LogCall>(call));  // read_calls() lets nothing else pass
    return VERNIER_OK;
  }
  values_.push_back(result);
  return status;
}

vernier_status Replay::give_table(const Instance& instance, vernier_context context, const TableCall& call) {
  vernier_tensor table{};
  table.size = VERNIER_SIZE_UP_TO(vernier_tensor, range_of);
  table.shape = call.shape.data();
  table.rank = call.shape.size();
  table.dtype = call.dtype;
  const uint64_t bytes = table_bytes(table, call.name, instance.tree->modules[instance.module].path);
  if (bytes > table_bytes_ || call.offset > table_bytes_ - bytes)
    throw damaged("a table ends at byte", call.offset + bytes, table_bytes_);
  std::vector<std::byte> elements(static_cast<size_t>(bytes));
  tables_->read(call.offset, elements);
  table.data = elements.data();
  uint64_t result = VERNIER_NULL_HANDLE;
  const vernier_status status =
      context_interface()->table(nullptr, context, to_abi(call.name), &table, &result);
  values_.push_back(result);
  return status;
}

vernier_status Replay::call_op(vernier_context context, const OpCall& call) {
  std::vector<vernier_argument> arguments;
  std::deque<std::vector<uint64_t>> handles;  // that arguments point into
  for (const CallArgument& one : call.arguments) {
    vernier_argument argument{};
    argument.kind = static_cast<uint32_t>(one.index());
    if (const auto* place = std::get_if<ValuePlace>(&one)) {
      argument.as.handle = value(*place);
    } else if (const auto* integer = std::get_if<int64_t>(&one)) {
      argument.as.integer = *integer;
    } else if (const auto* number = std::get_if<double>(&one)) {
      argument.as.number = *number;
    } else if (const auto* integers = std::get_if<std::vector<int64_t>>(&one)) {
      argument.as.integers = integers->data();
      argument.count = static_cast<uint32_t>(integers->size());
    } else if (const auto* places = std::get_if<std::vector<ValuePlace>>(&one)) {
      argument.as.handles = handles.emplace_back(values(*places)).data();
      argument.count = static_cast<uint32_t>(places->size());
    } else if (const auto* text = std::get_if<std::string>(&one)) {
      argument.as.text = text->data();
      argument.count = static_cast<uint32_t>(text->size());
    }
    arguments.push_back(argument);
  }
  std::vector<uint64_t> results(call.results);
  const vernier_status status = ops_interface()->call(nullptr, context, call.op, arguments.data(),
                                                      arguments.size(), results.data(), results.size());
  values_.insert(values_.end(), results.begin(), results.end());
  return status;
}

uint64_t Replay::value(ValuePlace place) const {
  if (place == kNoPlace) return VERNIER_NULL_HANDLE;
  if (place >= values_.size()) throw damaged("value", place, values_.size());
  return values_[place];
}

std::vector<uint64_t> Replay::values(std::span<const ValuePlace> places) const {
  std::vector<uint64_t> found;
  found.reserve(places.size());
  for (const ValuePlace one : places) found.push_back(value(one));
  return found;
}

}  // namespace vernier::core
