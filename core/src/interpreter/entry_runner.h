// One entry of a module, run on samples in any reading. A sample's shapes choose the graph.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "interpreter/interpreter.h"
#include "interpreter/kept_codes.h"
#include "trace/traces.h"

namespace vernier::core {

class EntryRunner {
 public:
  using Observe = Interpreter::Observe;

  // All must outlive this. `codes` (may be null) keeps the tree's codes. `output_names`: see Tracer::trace().
  EntryRunner(HostServices& services, ModuleTree& tree, Device& device, const std::string& entry,
              const std::vector<std::string>& input_names, int module = 0, KeptCodes* codes = nullptr,
              const std::vector<std::string>& output_names = {});
  ~EntryRunner();
  EntryRunner(const EntryRunner&) = delete;
  EntryRunner& operator=(const EntryRunner&) = delete;

  // Interpreter::run for inputs of any shapes. Throws Error, also Traces::graph's.
  std::vector<Tensor> run(Reading reading, std::span<const Tensor> inputs, const Observe& observe = {},
                          std::vector<Tensor>* kept = nullptr);

  // The graph for such inputs, see Traces::graph.
  [[nodiscard]] std::shared_ptr<const Graph> graph(std::span<const TensorType> types) {
    return traces_.graph(types);
  }
  // The same, ready to run: its constants are computed. This must outlive it. Throws Error, also
  // Traces::graph's.
  [[nodiscard]] CompiledGraph compiled(std::span<const TensorType> types);

  [[nodiscard]] const RunControl& control() const { return services_.control(); }

 private:
  class TreeData;

  // Those of the graph that are computed and have no elements yet.
  void compute_constants(const Graph& graph);

  HostServices& services_;
  ModuleTree& tree_;
  Device& device_;
  Traces traces_;
  std::unique_ptr<TreeData> data_;
  // The key keeps the graph that the interpreter reads.
  RecentlyUsed<std::shared_ptr<const Graph>, std::shared_ptr<Interpreter>> compiled_{Traces::kKept};
};

}  // namespace vernier::core
