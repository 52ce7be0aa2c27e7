#include "tensor/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "tensor/finite_number.h"
#include "vernier/core/error.h"

namespace vernier::core {

void Metrics::add(const Tensor& reference, const Tensor& test) {
  if (reference.shape != test.shape || reference.dtype != kFloat32 || test.dtype != kFloat32) {
    throw internal_error(fmt::format("metrics compare {} {} with {} {}", reference.dtype.name(),
                                     to_string(reference.shape), test.dtype.name(), to_string(test.shape)));
  }
  const float* r = reference.as<float>();
  const float* t = test.as<float>();
  const int64_t count = reference.elements();
  for (int64_t i = 0; i < count; ++i) {
    // The difference in float32, as the tensors are; the sums in float64.
    const double diff = std::abs(static_cast<double>(r[i] - t[i]));
    sum_abs_diff_ += diff;
    max_abs_diff_ = std::isnan(diff) ? diff : std::max(max_abs_diff_, diff);
    sum_square_diff_ += diff * diff;
    sum_square_reference_ += static_cast<double>(r[i]) * r[i];
    sum_square_test_ += static_cast<double>(t[i]) * t[i];
    sum_product_ += static_cast<double>(r[i]) * t[i];
    low_ = count_ == 0 && i == 0 ? r[i] : std::min(low_, static_cast<double>(r[i]));
    high_ = count_ == 0 && i == 0 ? r[i] : std::max(high_, static_cast<double>(r[i]));
  }
  count_ += static_cast<uint64_t>(reference.elements());
}

void Metrics::add_outputs(const std::vector<Tensor>& reference, const std::vector<Tensor>& test) {
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i].dtype == kFloat32) add(reference[i], test.at(i));
  }
}

double Metrics::mean_abs_diff() const {
  return count_ == 0 ? 0 : sum_abs_diff_ / static_cast<double>(count_);
}

double Metrics::mean_square_diff() const {
  return count_ == 0 ? 0 : sum_square_diff_ / static_cast<double>(count_);
}

double Metrics::peir() const {
  const double interval = high_ - low_;
  return max_abs_diff_ / (interval == 0 ? 1.0 : interval);
}

double Metrics::sqnr_db() const {
  if (sum_square_diff_ == 0) return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(sum_square_reference_ / sum_square_diff_);
}

double Metrics::cosine() const {
  const double norms = std::sqrt(sum_square_reference_ * sum_square_test_);
  return norms == 0 ? (sum_square_diff_ == 0 ? 1.0 : 0.0) : sum_product_ / norms;
}

double Metrics::value(const std::string& name) const {
  if (name == "mean_abs_diff") return mean_abs_diff();
  if (name == "max_abs_diff") return max_abs_diff();
  if (name == "peir") return peir();
  if (name == "sqnr_db") return sqnr_db();
  if (name == "cosine") return cosine();
  throw internal_error("no metric is called " + name);
}

nlohmann::json Metrics::to_json() const {
  nlohmann::json result;
  for (const char* name : {"mean_abs_diff", "max_abs_diff", "peir", "sqnr_db", "cosine"}) {
    result[name] = finite_number(value(name));
  }
  return result;
}

nlohmann::json Metrics::state() const {
  return {
      count_,       sum_abs_diff_, max_abs_diff_, sum_square_diff_, sum_square_reference_, sum_square_test_,
      sum_product_, low_,          high_};
}

Metrics Metrics::from_state(const nlohmann::json& state) {
  const auto is_number = [](const nlohmann::json& one) { return one.is_number(); };
  if (!state.is_array() || state.size() != 9 || !std::ranges::all_of(state, is_number) ||
      !state[0].is_number_unsigned())
    throw data_error("metrics have nine numbers, the first a count");
  Metrics result;
  result.count_ = state[0];
  double* const sums[] = {&result.sum_abs_diff_,
                          &result.max_abs_diff_,
                          &result.sum_square_diff_,
                          &result.sum_square_reference_,
                          &result.sum_square_test_,
                          &result.sum_product_,
                          &result.low_,
                          &result.high_};
  for (size_t i = 0; i < std::size(sums); ++i) *sums[i] = state[i + 1];
  return result;
}

}  // namespace vernier::core
