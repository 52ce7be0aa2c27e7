// Wrappers whose code ran in another process: makes the calls that it recorded of them through the same
// interfaces, so tree and graphs are held to the same rules here as where the wrappers themselves make them.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/host_services.h"
#include "calls/call_bytes.h"
#include "file/scratch_file.h"
#include "module/module_tree.h"
#include "vernier/abi/wrapper.h"

namespace vernier::core {

// In the place of each wrapper of a tree. Calls that the host does not grant are errors with the wrapper's
// place, as its own would be; a module or a trace of which nothing was recorded is an Error (kInternal) that
// names it, and never a call into a plugin. [one thread at a time]
class Replay {
 public:
  // `services` must outlive this, this the tree. `tables` has the elements of tables, `table_bytes` long.
  Replay(HostServices& services, RecordedCalls calls, std::unique_ptr<ScratchFile> tables,
         uint64_t table_bytes);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // What TreeBuilder calls instead of the wrapper's own.
  [[nodiscard]] static const vernier_wrapper* table();
  [[nodiscard]] const vernier_host* host() const { return &host_; }

  // The forward that runs next is this one, `path` its module's. Throws the Error that was recorded of it.
  void begin_trace(uint32_t module, const std::string& path, const std::string& entry,
                   const std::vector<TensorType>& inputs);

  [[nodiscard]] const RecordedCalls& calls() const { return calls_; }

 private:
  // What the host keeps of a module that was created.
  struct Instance {
    Replay* replay = nullptr;
    ModuleTree* tree = nullptr;
    uint32_t module = 0;
  };
  class Running;

  static vernier_status create(const vernier_host* host, vernier_module module, void** instance);
  static void destroy(void*) {}  // instances are ours
  static vernier_status forward(void* instance, vernier_context context, vernier_string entry,
                                const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                                uint64_t capacity, uint64_t* count);

  void expect_module(const Module& module, uint32_t index);
  [[nodiscard]] vernier_status declare_all(ModuleTree& tree, vernier_module module);
  [[nodiscard]] vernier_status declare(ModuleTree& tree, vernier_module module, const RecordedCall& call);
  void log(const LogCall& call);

  void expect_forward(const Instance& instance, std::string_view entry, std::span<const uint64_t> inputs);
  // Until its end, whose outputs it gives.
  [[nodiscard]] vernier_status compute_all(const Instance& instance, vernier_context context,
                                           std::vector<uint64_t>& outputs);
  [[nodiscard]] vernier_status compute(const Instance& instance, vernier_context context,
                                       const RecordedCall& call);
  [[nodiscard]] vernier_status give_table(const Instance& instance, vernier_context context,
                                          const TableCall& call);
  [[nodiscard]] vernier_status call_op(vernier_context context, const OpCall& call);
  [[nodiscard]] uint64_t value(ValuePlace place) const;
  [[nodiscard]] std::vector<uint64_t> values(std::span<const ValuePlace> places) const;

  HostServices& services_;
  const RecordedCalls calls_;
  const std::unique_ptr<ScratchFile> tables_;
  const uint64_t table_bytes_;
  const vernier_host host_;
  std::deque<Instance> instances_;
  std::optional<CallReader> reader_;          // of the tree or the trace that is made
  std::optional<std::string> child_type_;     // the module that is to be created next
  const TraceCalls* trace_ = nullptr;         // that is to begin, or runs
  std::optional<ForwardCall> child_forward_;  // that is to run next
  std::vector<uint64_t> values_;              // of the trace, by place
  int depth_ = 0;                             // of forwards
};

}  // namespace vernier::core
