// The most that one run of a program takes at a time, told from its document and the graphs of its units.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "graph/graph.h"
#include "module/module_tree.h"
#include "program/program.h"

namespace vernier::core {

// Which of a program's phases a request runs.
struct RunPhases {
  bool pictures = false;  // each_picture
  bool tokens = false;    // each_token
};

// Bytes. Units run one after the other, each in the lane that takes more; the buffers of the program hold
// float32 values and integers.
class ProgramPeak {
 public:
  using GraphOf = std::function<std::shared_ptr<const Graph>(const ProgramStep&)>;

  // `graph_of`: of a step that runs a unit. All must outlive this.
  ProgramPeak(const Program& program, const ModuleTree& tree, GraphOf graph_of);

  // Buffers and a unit that runs, at the step that takes most.
  [[nodiscard]] uint64_t of(RunPhases phases);
  // What statistics hold of a float run's values at sites until the rounded run has come by, up to their
  // limit: of units that `watched` says, by place; a picture's once for each of `pictures`.
  [[nodiscard]] uint64_t held(RunPhases phases, const std::vector<bool>& watched, int64_t pictures) const;

 private:
  [[nodiscard]] uint64_t unit(const ProgramStep& step);

  const Program& program_;
  const ModuleTree& tree_;
  const GraphOf graph_of_;
  std::map<std::shared_ptr<const Graph>, uint64_t> units_;  // what each takes beside its inputs
};

}  // namespace vernier::core
