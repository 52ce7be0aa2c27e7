// The graphs of one entry of a module, by the types of its inputs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trace/recently_used.h"
#include "trace/tracer.h"

namespace vernier::core {

struct TraceDifference {
  std::string text;    // for people
  std::string module;  // path of the one whose forward took the other way
};
// What differs first between two traces of one entry; nothing where they are equal.
[[nodiscard]] std::optional<TraceDifference> first_difference(const Graph& a, const Graph& b);
// The same for traces with inputs of other shapes: calls of modules, and sites, in their order.
[[nodiscard]] std::optional<std::string> first_structural_difference(const Graph& a, const Graph& b);

class Traces {
 public:
  // Graphs that are kept; of models whose samples have many lengths the ones used last.
  static constexpr size_t kKept = 16;

  // `services` and `tree` must outlive this. `output_names`: see Tracer::trace().
  Traces(HostServices& services, ModuleTree& tree, std::string entry, std::vector<std::string> input_names,
         int module = 0, std::vector<std::string> output_names = {})
      : tracer_(services, tree),
        tree_(tree),
        module_(module),
        entry_(std::move(entry)),
        names_(std::move(input_names)),
        output_names_(std::move(output_names)) {}

  // The graph for inputs of these types, one for each input name, with constants that the forward makes bound
  // to the tree (bind_constants.h). Each is traced twice. Throws Error
  // (kPlugin): what a wrapper's forward reported; a forward that takes another way the second time, or calls
  // other modules or sites for other shapes. [one thread at a time]
  [[nodiscard]] std::shared_ptr<const Graph> graph(std::span<const TensorType> types);

  [[nodiscard]] const std::string& entry() const { return entry_; }

 private:
  [[nodiscard]] std::shared_ptr<const Graph> trace(std::span<const TensorType> types);

  Tracer tracer_;
  ModuleTree& tree_;
  const int module_;
  const std::string entry_;
  const std::vector<std::string> names_, output_names_;
  std::shared_ptr<const Graph> first_;  // nodes and scopes of the first trace, without values
  RecentlyUsed<std::vector<TensorType>, std::shared_ptr<const Graph>> traced_{kKept};
};

}  // namespace vernier::core
