#include "session/value_differences.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// As float64, in which each float32 and each integer of up to 32 bits is exact.
std::vector<double> numbers(const Tensor& x, Device& device) {
  const auto count = static_cast<size_t>(x.elements());
  if (x.dtype == kFloat64) return {x.as<double>(), x.as<double>() + count};
  if (x.dtype == kInt64) return {x.as<int64_t>(), x.as<int64_t>() + count};
  if (x.dtype == kInt32) return {x.as<int32_t>(), x.as<int32_t>() + count};
  if (x.dtype == kBool || x.dtype == kUInt8) return {x.as<uint8_t>(), x.as<uint8_t>() + count};
  if (x.dtype == kInt8) return {x.as<int8_t>(), x.as<int8_t>() + count};
  if (x.dtype != kFloat32 && x.dtype != kFloat16 && x.dtype != kBFloat16)
    throw data_error("values of " + x.dtype.name() + " are not compared");
  const Tensor single = device.widen(x, all_rows(x), kFloat32);
  return {single.as<float>(), single.as<float>() + count};
}

bool is_whole(const Tensor& x) { return x.dtype == kInt64 || x.dtype == kInt32; }

int64_t whole_at(const Tensor& x, size_t i) {
  return x.dtype == kInt64 ? x.as<int64_t>()[i] : x.as<int32_t>()[i];
}

// Exact, where float64 would take 2^53 + 1 for 2^53.
uint64_t distance_of(int64_t a, int64_t b) {
  return a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b)
               : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
}

std::vector<int64_t> indices(const Shape& shape, int64_t place) {
  std::vector<int64_t> result(shape.size());
  for (size_t i = shape.size(); i-- > 0; place /= shape[i]) result[i] = place % shape[i];
  return result;
}

nlohmann::json finite_or_text(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

nlohmann::json difference_row(const Tensor& a, const Tensor& b, size_t place, const nlohmann::json& largest,
                              const nlohmann::json& value, const nlohmann::json& other) {
  return {{"shape", a.shape},   {"other_shape", b.shape},
          {"largest", largest}, {"at", indices(a.shape, static_cast<int64_t>(place))},
          {"value", value},     {"other", other}};
}

std::optional<nlohmann::json> whole_difference(const Tensor& a, const Tensor& b, double atol, double rtol) {
  bool differs = false;
  uint64_t largest = 0;
  size_t place = 0;
  for (size_t i = 0; i < static_cast<size_t>(a.elements()); ++i) {
    const uint64_t distance = distance_of(whole_at(a, i), whole_at(b, i));
    differs = differs ||
              static_cast<double>(distance) > atol + rtol * std::fabs(static_cast<double>(whole_at(b, i)));
    if (distance <= largest) continue;
    largest = distance;
    place = i;
  }
  if (!differs) return std::nullopt;
  return difference_row(a, b, place, largest, whole_at(a, place), whole_at(b, place));
}

}  // namespace

std::optional<nlohmann::json> value_difference(const Tensor& a, const Tensor& b, double atol, double rtol,
                                               Device& device) {
  if (a.shape != b.shape)
    return nlohmann::json{{"shape", a.shape}, {"other_shape", b.shape}, {"largest", nullptr},
                          {"at", nullptr},    {"value", nullptr},       {"other", nullptr}};
  if (is_whole(a) && is_whole(b)) return whole_difference(a, b, atol, rtol);
  const std::vector<double> mine = numbers(a, device), other = numbers(b, device);
  bool differs = false;
  double largest = -1;
  size_t place = 0;
  for (size_t i = 0; i < mine.size(); ++i) {
    const double x = mine[i], y = other[i];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    double distance = std::fabs(x - y);
    if (std::isnan(distance)) distance = std::numeric_limits<double>::infinity();
    differs = differs || std::isinf(distance) || distance > atol + rtol * std::fabs(y);
    if (distance <= largest) continue;
    largest = distance;
    place = i;
  }
  if (!differs) return std::nullopt;
  return difference_row(a, b, place, finite_or_text(largest), finite_or_text(mine[place]),
                        finite_or_text(other[place]));
}

}  // namespace vernier::core
