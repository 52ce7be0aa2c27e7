// TICO's results for a case, and how ours must agree: every scale to within one unit in the last place, every
// zero point equal, every output within one step (of 1000 at most one not of the same code), and bit-equal
// where every scale is.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vernier::core::testing {

inline int64_t ulps_between(float a, float b) {
  const auto ordered = [](float x) {
    int32_t bits;
    std::memcpy(&bits, &x, sizeof(bits));
    return bits < 0 ? int64_t{INT32_MIN} - bits : int64_t{bits};
  };
  return std::abs(ordered(a) - ordered(b));
}

// What a comparison found, a sentence each; empty: all is as it must be.
using Problems = std::vector<std::string>;

// Sites of TICO's that observe the output of a child once more; a composite of ours owns nothing that a child
// computes. By our site: the child's site, whose qparams must be theirs.
using Moved = std::map<std::string, std::string>;

// How far a scale may be off: units in the last place, or, behind many ops in another order, a share of it.
struct ScaleTolerance {
  int64_t ulps = 1;
  double share = 0;

  [[nodiscard]] bool allows(float ours, float theirs) const {
    return ulps_between(ours, theirs) <= ulps ||
           std::abs(double{ours} - theirs) <= share * std::abs(double{theirs});
  }
};

// Compares qparams.json with TICO's sites; `prefix` is the recipe's module; `more_sites`: how many sites of
// ours TICO has not. `all_equal`: all scales are bit-equal.
inline Problems qparams_problems(const nlohmann::json& ours, const nlohmann::json& theirs,
                                 const std::string& prefix, bool& all_equal, const Moved& moved = {},
                                 size_t more_sites = 0, ScaleTolerance tolerance = {}) {
  Problems problems;
  all_equal = true;
  std::map<std::string, nlohmann::json> by_site;
  for (const auto& row : ours) by_site[row.at("site").get<std::string>()] = row;
  if (by_site.size() + moved.size() != theirs.size() + more_sites)
    problems.push_back("another number of sites");
  for (const auto& row : theirs) {
    std::string module = prefix;
    const std::string below = row.at("module").get<std::string>();
    if (!below.empty()) module += (module.empty() ? "" : ".") + below;
    std::string site = (module.empty() ? "" : module + "/") + row.at("site").get<std::string>();
    if (moved.count(site) != 0) site = moved.at(site);
    if (by_site.count(site) == 0) {
      problems.push_back("no qparams for " + site);
      continue;
    }
    const auto& own = by_site[site];
    if (own.at("dtype") != row.at("dtype")) problems.push_back("another dtype at " + site);
    if (own.at("zero_point") != row.at("zero_point")) problems.push_back("another zero point at " + site);
    const auto scale = own.at("scale").get<std::vector<float>>(),
               wanted = row.at("scale").get<std::vector<float>>();
    if (scale.size() != wanted.size()) problems.push_back("another number of scales at " + site);
    for (size_t i = 0; i < std::min(scale.size(), wanted.size()); ++i) {
      if (!tolerance.allows(scale[i], wanted[i])) problems.push_back("another scale at " + site);
      all_equal = all_equal && scale[i] == wanted[i];
    }
  }
  return problems;
}

inline double greatest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double greatest = 0;
  for (size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, std::abs(double{a[i]} - b[i]));
  return greatest;
}

inline double mean_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(double{a[i]} - b[i]);
  return a.empty() ? 0 : sum / static_cast<double>(a.size());
}

// A scale that is one unit in the last place off moves a value by less than a millionth of itself, so only a
// value that lies as close to the border of a code gets another one: one in a thousand is far more than that.
inline Problems output_problems(const std::vector<float>& ours, const std::vector<float>& theirs, float step,
                                bool bit_equal) {
  if (ours.size() != theirs.size()) return {"another number of outputs"};
  Problems problems;
  size_t different = 0, other_codes = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    const float apart = std::abs(ours[i] - theirs[i]);
    if (!(apart <= step * 1.0001f))
      problems.push_back("element " + std::to_string(i) + " is more than a step away");
    different += ours[i] != theirs[i];
    other_codes += apart > step / 2;
  }
  if (bit_equal && different != 0)
    problems.push_back("every scale is bit-equal, so every output must be; " + std::to_string(different) +
                       " are not");
  if (other_codes > 1 + ours.size() / 1000)
    problems.push_back(std::to_string(other_codes) + " outputs have another code");
  return problems;
}

// The four outputs that a case's metrics are made of.
struct Outputs {
  std::vector<float> float_ours, float_theirs, quant_ours, quant_theirs;
};

// By the triangle inequality two metrics differ by no more than the outputs do that they are made of, and how
// much those may is what output_problems() says. On top: 1e-4 of the value, for sums in another order, and
// 1e-7, because the float outputs are equal to float32's last places only, which shows where int16 leaves
// errors of 1e-5. A tolerance of half the value or more would hold nothing and is a problem itself.
inline Problems metric_problems(const nlohmann::json& ours, const nlohmann::json& theirs,
                                const Outputs& outputs) {
  const auto [low, high] = std::minmax_element(outputs.float_theirs.begin(), outputs.float_theirs.end());
  const double greatest = greatest_difference(outputs.float_ours, outputs.float_theirs) +
                          greatest_difference(outputs.quant_ours, outputs.quant_theirs);
  const double mean = mean_difference(outputs.float_ours, outputs.float_theirs) +
                      mean_difference(outputs.quant_ours, outputs.quant_theirs);
  const std::map<std::string, double> moved = {
      {"mean_abs_diff", mean}, {"max_abs_diff", greatest}, {"peir", greatest / (double{*high} - *low)}};
  Problems problems;
  for (const auto& [metric, by] : moved) {
    const double wanted = theirs.at(metric).get<double>(), found = ours.at(metric).get<double>();
    const double tolerance = by + wanted * 1e-4 + 1e-7;
    if (!(std::abs(found - wanted) <= tolerance))
      problems.push_back(metric + " is " + std::to_string(found) + ", wanted " + std::to_string(wanted));
    if (!(tolerance < wanted / 2))
      problems.push_back("the tolerance of " + metric + " is too wide to hold it");
  }
  return problems;
}

// Where TICO rounds at sites that we have not, codes differ all over; but what rounding costs is the same,
// and two results of it are no further apart than each is from float. 1.5: one token's few outputs are noisy.
inline Problems closeness_problems(const Outputs& outputs, const nlohmann::json& theirs) {
  const double wanted = theirs.at("mean_abs_diff").get<double>();
  const double apart = mean_difference(outputs.quant_ours, outputs.quant_theirs),
               cost = mean_difference(outputs.float_ours, outputs.quant_ours);
  Problems problems;
  if (!(apart <= 1.5 * wanted))
    problems.push_back("quantized outputs are " + std::to_string(apart) + " apart");
  if (!(cost <= 1.5 * wanted)) problems.push_back("quantization costs " + std::to_string(cost));
  return problems;
}

// True where all scales are bit-equal.
inline bool expect_same_qparams(const nlohmann::json& ours, const nlohmann::json& theirs,
                                const std::string& prefix, const Moved& moved = {}, size_t more_sites = 0,
                                ScaleTolerance tolerance = {}) {
  bool all_equal = false;
  EXPECT_EQ(qparams_problems(ours, theirs, prefix, all_equal, moved, more_sites, tolerance), Problems());
  return all_equal;
}

inline void expect_same_outputs(const std::vector<float>& ours, const std::vector<float>& theirs, float step,
                                bool bit_equal) {
  EXPECT_EQ(output_problems(ours, theirs, step, bit_equal), Problems());
}

}  // namespace vernier::core::testing
