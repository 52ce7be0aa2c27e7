#include "random/random_fill.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr int kLayers = 128;
constexpr double kTail = 3.442619855899;       // where the tail begins, for 128 layers
constexpr double kArea = 9.91256303526217e-3;  // of each layer

struct Ziggurat {
  std::array<double, kLayers + 1>
      edge;  // right edge of each layer, decreasing; the first one stands for the tail's box
  std::array<float, kLayers> step;      // edge / 2^24
  std::array<int32_t, kLayers> inside;  // below it in 2^-24 of the edge: surely under the curve

  Ziggurat() {
    const auto curve = [](double x) { return std::exp(-0.5 * x * x); };
    edge[0] = kArea / curve(kTail);
    edge[1] = kTail;
    for (int i = 2; i < kLayers; ++i)
      edge[i] = std::sqrt(-2 * std::log(kArea / edge[i - 1] + curve(edge[i - 1])));
    edge[kLayers] = 0;
    for (int i = 0; i < kLayers; ++i) {
      step[i] = static_cast<float>(std::ldexp(edge[i], -24));
      inside[i] = static_cast<int32_t>(std::ldexp(edge[i + 1] / edge[i], 24));
    }
  }
};

// 24 bits as an odd number between -2^24 and 2^24: symmetric, never zero, exact in float32.
int32_t signed_fraction(uint32_t word) { return static_cast<int32_t>((word >> 8) * 2 + 1) - (1 << 24); }
double unit(uint32_t word) { return (word + 0.5) * 0x1p-32; }  // in (0, 1)

// The 1.2 % of numbers that the first word does not decide. Draws of their own, by element and attempt.
float slow_normal(const Ziggurat& table, const RandomStream& stream, uint64_t element, uint32_t word) {
  for (uint16_t attempt = 1;; ++attempt) {
    const std::array<uint32_t, 4> more = stream.words(element, attempt);
    const int layer = static_cast<int>(word & (kLayers - 1));
    const int32_t fraction = signed_fraction(word);
    if (std::abs(fraction) < table.inside[layer]) return static_cast<float>(fraction) * table.step[layer];
    if (layer == 0) {
      const double x = -std::log(unit(more[0])) / kTail;
      const double y = -std::log(unit(more[1]));
      if (2 * y >= x * x) return static_cast<float>(fraction < 0 ? -(kTail + x) : kTail + x);
      // Stays in the tail, or the tail would be too thin.
      word = (fraction < 0 ? 0u : 0xFFFFFF00u);
      continue;
    }
    const double x = fraction * std::ldexp(table.edge[layer], -24);
    const double upper = std::exp(-0.5 * (table.edge[layer] * table.edge[layer] - x * x));
    const double lower = std::exp(-0.5 * (table.edge[layer + 1] * table.edge[layer + 1] - x * x));
    if (lower + unit(more[0]) * (upper - lower) < 1.0) return static_cast<float>(x);
    word = more[2];
  }
}

// Calls store(i, value) for float32 values.
template <typename Store>
void draw_floats(uint64_t first, uint64_t count, const Distribution& distribution, const RandomStream& stream,
                 Store store) {
  static const Ziggurat table;
  const bool normal = distribution.kind == Distribution::Kind::kNormal;
  const double offset = normal ? distribution.mean : distribution.low;
  const double factor = normal ? distribution.std : (distribution.high - distribution.low) * 0x1p-24;
  for (uint64_t at = 0; at < count; at += 4) {
    const std::array<uint32_t, 4> words = stream.words((first + at) / 4);
    for (uint64_t lane = 0; lane < 4 && at + lane < count; ++lane) {
      const uint32_t word = words[lane];
      double value = word >> 8;
      if (normal) {
        const size_t layer = word & (kLayers - 1);
        const int32_t fraction = signed_fraction(word);
        value = std::abs(fraction) < table.inside[layer]
                    ? static_cast<float>(fraction) * table.step[layer]
                    : slow_normal(table, stream, first + at + lane, word);
      }
      store(at + lane, static_cast<float>(offset + factor * value));
    }
  }
}

template <typename Store>
void draw_integers(uint64_t first, uint64_t count, const Distribution& distribution,
                   const RandomStream& stream, Store store) {
  const uint64_t range =
      static_cast<uint64_t>(distribution.integer_high) - static_cast<uint64_t>(distribution.integer_low);
  for (uint64_t at = 0; at < count; at += 2) {
    const std::array<uint32_t, 4> words = stream.words((first + at) / 2);
    for (uint64_t lane = 0; lane < 2 && at + lane < count; ++lane) {
      // The upper half of the product is uniform below `range`; the bias is below 2^-64 of it each.
      const uint64_t word = uint64_t{words[2 * lane]} << 32 | words[2 * lane + 1];
      __extension__ using Wide = unsigned __int128;
      const uint64_t value = static_cast<uint64_t>(Wide{word} * range >> 64);
      store(at + lane, static_cast<int64_t>(static_cast<uint64_t>(distribution.integer_low) + value));
    }
  }
}

template <typename T>
void put(std::byte* out, uint64_t index, T value) {
  std::memcpy(out + index * sizeof(T), &value, sizeof(T));
}

uint16_t to_bfloat16(float value) {  // finite
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

}  // namespace

void fill_random(std::byte* out, DType dtype, uint64_t first, uint64_t count,
                 const Distribution& distribution, const RandomStream& stream) {
  if (first % 4 != 0) throw internal_error("random elements are made from a multiple of 4 on");
  if (dtype == kFloat32) {
    draw_floats(first, count, distribution, stream, [out](uint64_t i, float value) { put(out, i, value); });
  } else if (dtype == kBFloat16) {
    draw_floats(first, count, distribution, stream,
                [out](uint64_t i, float value) { put(out, i, to_bfloat16(value)); });
  } else if (dtype == kInt32) {
    draw_integers(first, count, distribution, stream,
                  [out](uint64_t i, int64_t value) { put(out, i, static_cast<int32_t>(value)); });
  } else if (dtype == kInt64) {
    draw_integers(first, count, distribution, stream,
                  [out](uint64_t i, int64_t value) { put(out, i, value); });
  } else if (dtype == kBool) {
    draw_integers(first, count, distribution, stream,
                  [out](uint64_t i, int64_t value) { put(out, i, static_cast<uint8_t>(value)); });
  } else {
    throw internal_error("no random numbers of dtype " + dtype.name());
  }
}

}  // namespace vernier::core
