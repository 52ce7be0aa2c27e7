// How far a quantized run is from the float run, over any number of outputs and samples.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core {

// Sums in float64, so the order of samples does not show.
class Metrics {
 public:
  // float32 tensors of one shape.
  void add(const Tensor& reference, const Tensor& test);
  // Of all outputs of a run, by place: each pair of float32 tensors. Others, indices and masks, have no error
  // to measure.
  void add_outputs(const std::vector<Tensor>& reference, const std::vector<Tensor>& test);
  // Whether nothing was added: its numbers mean nothing.
  [[nodiscard]] bool is_empty() const { return count_ == 0; }

  [[nodiscard]] double mean_abs_diff() const;  // mean |r - t|
  [[nodiscard]] double max_abs_diff() const { return max_abs_diff_; }
  [[nodiscard]] double mean_square_diff() const;  // mean (r - t)^2
  // Peak error to interval ratio: max |r - t| / (max r - min r); an interval of 0 counts as 1.
  [[nodiscard]] double peir() const;
  // 10 log10(sum r^2 / sum (r - t)^2); +inf where nothing differs.
  [[nodiscard]] double sqnr_db() const;
  [[nodiscard]] double cosine() const;
  // The value of a metric by its name in recipes and reports.
  [[nodiscard]] double value(const std::string& name) const;
  [[nodiscard]] nlohmann::json to_json() const;  // an infinite SQNR becomes null

  // All that was added, as numbers that from_state() takes: the same metrics, to the last bit.
  [[nodiscard]] nlohmann::json state() const;
  // Throws Error (kData) where `state` is nothing that state() gave.
  static Metrics from_state(const nlohmann::json& state);

 private:
  uint64_t count_ = 0;
  double sum_abs_diff_ = 0;
  double max_abs_diff_ = 0;
  double sum_square_diff_ = 0;
  double sum_square_reference_ = 0;
  double sum_square_test_ = 0;
  double sum_product_ = 0;
  double low_ = 0;
  double high_ = 0;
};

}  // namespace vernier::core
