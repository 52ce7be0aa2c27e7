// Runs an entry of the module tree once with placeholders, shapes and dtypes without data, and writes down
// what it does: answers what the wrappers' forwards ask (vernier.context/1, vernier.ops/1). No LibTorch, no
// arithmetic.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "module/module_tree.h"
#include "trace/trace_builder.h"
#include "vernier/abi/tensor.h"
#include "vernier/abi/value.h"

namespace vernier::core {

// An input of an entry: its name and what it is.
struct NamedType {
  std::string name;
  TensorType type;

  bool operator==(const NamedType&) const = default;
};

class Tracer {
 public:
  // Both must outlive this.
  Tracer(HostServices& services, ModuleTree& tree) : services_(services), tree_(tree) {}

  // The graph of `entry` of a module: a node for each op, a "fake_quantize" without qparams for each quantize
  // call, a scope for each module's call. `outputs`: their names, where the manifest leaves the number to the
  // config; empty: they have none. Throws Error naming the module. [one thread at a time]
  Graph trace(int module, const std::string& entry, std::span<const NamedType> inputs,
              std::span<const std::string> outputs = {});

  // What the interfaces stand on; each throws Error with the status that they promise.
  [[nodiscard]] bool is_own_thread() const { return std::this_thread::get_id() == thread_; }
  uint64_t quantize(uint64_t site, uint64_t value);
  uint64_t quantize_where(uint64_t site, uint64_t value, uint64_t where);
  uint64_t weight(uint64_t parameter);
  // At most `capacity` outputs.
  std::vector<uint64_t> run_child(uint64_t module, const std::string& entry, std::span<const uint64_t> inputs,
                                  uint64_t capacity);
  std::vector<uint64_t> call(uint32_t op, std::span<const vernier_argument> arguments, size_t results);
  const TensorType& type_of(uint64_t value);
  // `values` are copied.
  uint64_t table(const std::string& name, const vernier_tensor& values);

 private:
  // What a handle of a forward stands for.
  struct Placeholder {
    TensorType type;
    ValueIndex value = kNoValue;
    Lease<HandleKind::kValue> handle{};
  };
  class Forward;
  class Call;

  // Sites that give a named output know its name.
  void note_outputs(const Graph& graph);
  std::vector<uint64_t> run_module(int module, const std::string& entry, std::span<const uint64_t> inputs);
  Placeholder& find(uint64_t handle, const char* what);
  uint64_t add(TensorType type, ValueIndex value);
  // The place among the tree's sites of one that the running module may quantize `input` at.
  [[nodiscard]] int site_for(uint64_t site, const Placeholder& input) const;
  [[nodiscard]] std::vector<ValueIndex> values_of(std::span<const uint64_t> handles);
  [[nodiscard]] ArgumentType argument(const vernier_argument& given, ArgumentKind kind,
                                      std::vector<ValueIndex>& values);
  [[nodiscard]] std::string current_path() const { return tree_.modules[module_].path; }

  HostServices& services_;
  ModuleTree& tree_;
  std::deque<Placeholder> placeholders_;  // in order of creation: what a call made is a tail
  TraceBuilder* builder_ = nullptr;       // of the running trace
  uint64_t context_ = 0;
  std::thread::id thread_;  // of the running forward
  int module_ = 0;          // the one whose forward runs
};

}  // namespace vernier::core
