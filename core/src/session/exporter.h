// From graph to file: folds the traced graph, codes what is left, and lets backends write it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device/device.h"
#include "file/sink_files.h"
#include "file/sparse_bytes.h"
#include "graph/graph.h"
#include "graph/graph_access.h"
#include "interpreter/interpreter.h"
#include "interpreter/kept_codes.h"
#include "module/module_tree.h"
#include "plugin/plugin_hub.h"
#include "vernier/core/profiles.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Throws Error (kPlugin) naming the first node that the backend's manifest does not list, and what it does
// list.
void check_capabilities(const Graph& graph, const ComponentInfo& backend);

// A folded graph with the bytes of its constants.
class CapturedGraph {
 public:
  // `recorded` is a trace of `tree` with the qparams of its sites (with_qparams). Biases are coded here; the
  // other constants are in the tree, which must outlive this, and are coded where somebody reads them, unless
  // `codes` (may be null) keeps what they become. `lowering` is of the file's consumer.
  CapturedGraph(const Graph& recorded, const ModuleTree& tree, Device& device,
                const ProfileLowering& lowering = {}, const RunControl& control = RunControl::none(),
                KeptCodes* codes = nullptr);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const ProfileLowering& lowering() const { return lowering_; }
  [[nodiscard]] uint64_t saturated_biases() const { return saturated_; }
  // What the file holds of a constant: codes that these qparams make of the values, or floats.
  [[nodiscard]] ConstantData constant(ValueIndex value) const;
  // All codes of such a constant, for somebody who reads it whole more than once; undefined where they are
  // too many to keep.
  [[nodiscard]] Tensor kept_codes(ValueIndex value) const;
  // Bytes of it as the file has them, made from the elements that they hold and no others.
  void read(ValueIndex value, uint64_t offset, void* destination, uint64_t length) const;
  // The parameter whose bytes in the file are a function of its values and the value's qparams alone; null
  // for a constant that was made in another way.
  [[nodiscard]] const Parameter* stored_parameter(ValueIndex value) const {
    return biases_.contains(value) ? nullptr : &parameter_of(value);
  }

 private:
  [[nodiscard]] const Parameter& parameter_of(ValueIndex value) const {
    return tree_.parameters.at(static_cast<size_t>(parameters_.at(value)));
  }

  const ModuleTree& tree_;
  Device& device_;
  const RunControl& control_;
  KeptCodes* codes_;
  const ProfileLowering lowering_;
  Graph graph_;
  std::map<ValueIndex, std::vector<std::byte>> biases_;  // coded here
  std::map<ValueIndex, int32_t> parameters_;             // place in the tree
  uint64_t saturated_ = 0;
  std::map<ValueIndex, Tensor> bias_values_;  // what coded biases mean, in float64
};

// The graph that a file would have before it is lowered for its consumer, constants by size alone: `planned`
// has stand-in qparams (with_qparams).
[[nodiscard]] Graph planned_file(const Graph& planned);

}  // namespace vernier::core
