// Rotary position embedding (Su et al. 2021, arXiv:2104.09864, eq. 34) in the half-split form of Hugging
// Face: elements i and i + size/2 of a head turn together. Cosine and sine depend on positions alone, which a
// forward knows from shapes, so they are tables; a wrapper whose device makes them takes them as inputs.
#pragma once

#include <vernier/wrapper.h>

#include <cmath>
#include <string>
#include <vector>

namespace blocks {

// What stands in the table of sines.
enum class Sine {
  kFirstHalfNegated,  // no op has to negate
  kPlain,             // as transformers has it: the half that turns is negated, between two more sites
};

// Both [1, 1, tokens, size], quantized.
struct RotaryValues {
  vernier::Value cos, sin;
};

// theta^(-2i/size) for i < size/2: how far each pair turns per position. `size` is even.
inline std::vector<double> rotary_frequencies(int64_t size, double theta) {
  if (size <= 0 || size % 2 != 0)
    throw vernier::invalid_argument("rotary embedding turns pairs: a head's size is even, not " +
                                    std::to_string(size));
  std::vector<double> frequencies;
  for (int64_t i = 0; i < size / 2; ++i)
    frequencies.push_back(std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(size)));
  return frequencies;
}

// Rows of cosines and sines, one for each position.
struct RotaryRows {
  std::vector<float> cos, sin;
};

// For positions first ... first + tokens - 1; each row has 2 * frequencies.size() elements.
inline RotaryRows rotary_rows(const std::vector<double>& frequencies, int64_t first, int64_t tokens,
                              Sine sine) {
  RotaryRows rows;
  for (int64_t token = first; token < first + tokens; ++token) {
    for (int half = 0; half < 2; ++half) {
      for (const double frequency : frequencies) {
        const double angle = static_cast<double>(token) * frequency;
        const bool is_negated = half == 0 && sine == Sine::kFirstHalfNegated;
        rows.cos.push_back(static_cast<float>(std::cos(angle)));
        rows.sin.push_back(static_cast<float>(is_negated ? -std::sin(angle) : std::sin(angle)));
      }
    }
  }
  return rows;
}

// Declares the sites cos and sin, whose range is -1 to 1. The first half of the sines is negated.
class RotaryTables {
 public:
  RotaryTables(vernier::Module& m, std::vector<double> frequencies)
      : frequencies_(std::move(frequencies)),
        cos_(m.site("cos", vernier::per_tensor().range(-1, 1))),
        sin_(m.site("sin", vernier::per_tensor().range(-1, 1))) {}

  // For positions first ... first + tokens - 1.
  RotaryValues at(vernier::Context& c, int64_t first, int64_t tokens) const {
    const int64_t size = 2 * static_cast<int64_t>(frequencies_.size());
    const auto [cos, sin] = rotary_rows(frequencies_, first, tokens, Sine::kFirstHalfNegated);
    const std::vector<int64_t> shape = {1, 1, tokens, size};
    return quantized(c, c.table("cos", shape, cos), c.table("sin", shape, sin));
  }

 private:
  RotaryValues quantized(vernier::Context& c, vernier::Value cos, vernier::Value sin) const {
    return {c.quantize(cos_, cos), c.quantize(sin_, sin)};
  }

  std::vector<double> frequencies_;
  vernier::Site cos_, sin_;
};

// Turns one tensor, query or key. Declares the sites <name>_by_cos, <name>_by_sin and <name>, the sum; for
// plain sines <name>_negated and <name>_turned besides.
class Rotation {
 public:
  Rotation(vernier::Module& m, const std::string& name, Sine sine = Sine::kFirstHalfNegated)
      : sine_(sine),
        negated_(sine == Sine::kPlain ? m.site(name + "_negated") : vernier::Site()),
        turned_(sine == Sine::kPlain ? m.site(name + "_turned") : vernier::Site()),
        by_cos_(m.site(name + "_by_cos")),
        by_sin_(m.site(name + "_by_sin")),
        sum_(m.site(name)) {}

  // x [batch, heads, tokens, size] gives the same shape.
  vernier::Value operator()(vernier::Context& c, vernier::Value x, const RotaryValues& tables) const {
    namespace ops = vernier::ops;
    const vernier::Value halves = turned(c, x);
    const vernier::Value by_cos = c.quantize(by_cos_, ops::mul(c, x, tables.cos));
    const vernier::Value by_sin = c.quantize(by_sin_, ops::mul(c, halves, tables.sin));
    return c.quantize(sum_, ops::add(c, by_cos, by_sin));
  }

  // Where the result was quantized: a tensor that comes back from a cache is quantized here again.
  [[nodiscard]] vernier::Site site() const { return sum_; }

 private:
  // The second half, then the first.
  vernier::Value turned(vernier::Context& c, vernier::Value x) const {
    namespace ops = vernier::ops;
    const int64_t size = c.shape(x)[3], half = size / 2;
    const vernier::Value second = ops::slice(c, x, 3, half, size), first = ops::slice(c, x, 3, 0, half);
    if (sine_ == Sine::kFirstHalfNegated) return ops::concat(c, {second, first}, 3);
    const vernier::Value negated = c.quantize(negated_, ops::neg(c, second));
    return c.quantize(turned_, ops::concat(c, {negated, first}, 3));
  }

  Sine sine_;
  vernier::Site negated_, turned_, by_cos_, by_sin_, sum_;
};

}  // namespace blocks
