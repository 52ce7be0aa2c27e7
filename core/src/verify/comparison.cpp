#include "verify/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace vernier::core {

namespace {

// How many steps apart; a difference that no code can have (NaN, infinite) is the greatest number.
int64_t steps_between(float reference, float file, double step) {
  const double steps = std::nearbyint((static_cast<double>(file) - static_cast<double>(reference)) / step);
  return std::isfinite(steps) && std::abs(steps) < 1e15 ? std::llabs(static_cast<long long>(steps))
                                                        : std::numeric_limits<int64_t>::max();
}

}  // namespace

void Comparison::add(const Tensor& reference, const Tensor& file, std::optional<float> step) {
  metrics_.add(reference, file);
  const float* r = reference.as<float>();
  const float* f = file.as<float>();
  const int64_t count = reference.elements();
  elements_ += static_cast<uint64_t>(count);
  has_codes_ = step.has_value();
  for (int64_t i = 0; i < count; ++i) peak_ = std::max(peak_, std::abs(static_cast<double>(r[i])));
  if (!step) return;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t steps = steps_between(r[i], f[i], *step);
    if (steps != 0) ++codes_differ_;
    if (steps > 1) ++beyond_one_step_;
    max_step_ = std::max(max_step_, steps);
  }
}

bool Comparison::diverges() const {
  if (has_codes_) return codes_differ_ != 0;
  return !(metrics_.max_abs_diff() <= kFloatDivergence * peak_);
}

double Comparison::value(const std::string& name) const {
  if (name == "max_step") return static_cast<double>(max_step_);
  if (name == "codes_differ") return share();
  if (name == "beyond_one_step")
    return elements_ == 0 ? 0 : static_cast<double>(beyond_one_step_) / static_cast<double>(elements_);
  return metrics_.value(name);
}

nlohmann::json Comparison::to_json() const {
  nlohmann::json result = metrics_.to_json();
  result["elements"] = elements_;
  result["codes_differ"] = has_codes_ ? nlohmann::json(codes_differ_) : nlohmann::json(nullptr);
  result["share"] = has_codes_ ? nlohmann::json(share()) : nlohmann::json(nullptr);
  result["beyond_one_step"] = has_codes_ ? nlohmann::json(beyond_one_step_) : nlohmann::json(nullptr);
  result["max_step"] = has_codes_ ? nlohmann::json(max_step_) : nlohmann::json(nullptr);
  return result;
}

}  // namespace vernier::core
