// A unit with an extent that the caller of its file chooses ("open" of an export entry).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "graph/graph.h"
#include "session/unit.h"

namespace vernier::core {

// The open axes of an export's unit, and the two extents at which it is traced and run.
class OpenInputs {
 public:
  // Of an export entry with "open". Throws Error (kUsage) for an input or an axis that is not there, and
  // axes whose extents differ in calibration sample 0.
  OpenInputs(const Prepared& p, size_t exported, const Unit& unit);

  [[nodiscard]] int64_t extent() const { return extent_; }       // of calibration sample 0
  [[nodiscard]] int64_t other_extent() const { return other_; }  // about half as many
  // The types of sample 0 with another extent.
  [[nodiscard]] std::vector<TensorType> types(int64_t extent) const;
  // Whether these are the unit's inputs at some extent; that extent.
  [[nodiscard]] std::optional<int64_t> extent_of(const std::vector<Tensor>& inputs) const;
  // A sample with that extent: its first rows, from the beginning again where it has fewer.
  [[nodiscard]] std::vector<Tensor> resized(const std::vector<Tensor>& inputs, int64_t extent) const;

  // The unit's trace with its open extents. Throws Error, what tracing at the other extent and
  // with_open_extents() throw, naming the recipe's place; (kPlugin) for a site with a scale for each index of
  // an open axis.
  [[nodiscard]] Graph trace() const;

  // The report's and the plan's word: {"name", "axes", "extents": [2]}.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  const Prepared& p_;
  const Unit& unit_;
  const OpenExtent& open_;
  const std::string where_;
  std::vector<TensorType> types_;
  std::vector<std::vector<size_t>> axes_;  // by input
  int64_t extent_ = -1;
  int64_t other_ = -1;
};

}  // namespace vernier::core
