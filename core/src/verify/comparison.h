// One tensor of a file against what the fake-quant run says it should be, over any number of samples.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "tensor/metrics.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Above this share of the reference's peak a float tensor counts as diverging: far over what another order of
// summation does in float32, far under one step of 16 bits on the whole range.
inline constexpr double kFloatDivergence = 1e-5;

class Comparison {
 public:
  // float32 tensors of one shape. `step`: the scale of the reference's grid; none: the tensor is float and
  // has no codes.
  void add(const Tensor& reference, const Tensor& file, std::optional<float> step);

  [[nodiscard]] uint64_t elements() const { return elements_; }
  // Values that are more than half a step away, that is, whose code differs.
  [[nodiscard]] uint64_t codes_differ() const { return codes_differ_; }
  // Of these, the ones more than one step away.
  [[nodiscard]] uint64_t beyond_one_step() const { return beyond_one_step_; }
  [[nodiscard]] double share() const {
    return elements_ == 0 ? 0 : static_cast<double>(codes_differ_) / static_cast<double>(elements_);
  }
  // In steps of the reference's grid.
  [[nodiscard]] int64_t max_step() const { return max_step_; }
  [[nodiscard]] const Metrics& metrics() const { return metrics_; }
  [[nodiscard]] bool has_codes() const { return has_codes_; }
  [[nodiscard]] bool diverges() const;
  // The value of a gate's metric: max_step, codes_differ and beyond_one_step (shares), or one of Metrics.
  [[nodiscard]] double value(const std::string& name) const;
  // {elements, codes_differ, share, beyond_one_step, max_step} and the metrics; all but elements null where
  // there are no codes.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  Metrics metrics_;
  uint64_t elements_ = 0;
  uint64_t codes_differ_ = 0;
  uint64_t beyond_one_step_ = 0;
  int64_t max_step_ = 0;
  double peak_ = 0;
  bool has_codes_ = false;
};

}  // namespace vernier::core
