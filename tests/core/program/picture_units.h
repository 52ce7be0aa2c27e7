// What runs the units of picture_document().
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "core/program/small_tensors.h"
#include "core/program/toy_program.h"
#include "program/unit_runner.h"

namespace vernier::core::testing {

// Scores of ten tokens: the greatest is the sum, modulo 10, of all that is
// read.
class Sums : public UnitRunner {
 public:
  explicit Sums(const Program& program) : program_(program) {}

  std::vector<Tensor> run(size_t unit, std::span<const Tensor> inputs) override {
    calls.push_back(program_.units[unit].name);
    if (broken_ == program_.units[unit].name) return {test::floats({3}, {1, 2, 3})};
    if (program_.units[unit].name == "look") {
      const auto* x = inputs[0].as<float>();
      return {test::floats({1, 1}, {std::accumulate(x, x + 3, 1.0F)})};
    }
    int64_t sum = unit == 2 ? 1 : 0;
    const auto* tokens = inputs[0].as<int32_t>();
    sum += std::accumulate(tokens, tokens + inputs[0].elements(), int64_t{0});
    if (unit == 1) {
      seen_rows = elements<float>(inputs[1]);
      for (const float row : seen_rows) sum += static_cast<int64_t>(row);
    }
    std::vector<float> scores(10, 0);
    scores[static_cast<size_t>((sum % 10 + 10) % 10)] = 1;
    return {test::floats({1, 1, 10}, scores)};
  }
  [[nodiscard]] const QParams* grid(size_t) const override { return nullptr; }
  Tensor look_up(size_t, const Tensor&) override { return {}; }

  void breaks(const std::string& unit) { broken_ = unit; }
  std::vector<std::string> calls;
  std::vector<float> seen_rows;

 private:
  const Program& program_;
  std::string broken_;
};

}  // namespace vernier::core::testing
