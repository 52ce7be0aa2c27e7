#include "random/random_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/safetensors_dtype.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxBytes = uint64_t{1} << 40;

std::string listed(const std::vector<DType>& dtypes) {
  std::string names;
  for (DType dtype : dtypes) names += (names.empty() ? "" : ", ") + dtype.name();
  return names;
}

DType parse_dtype(const Json& description, const std::vector<DType>& dtypes, const std::string& where) {
  const auto found = description.find("dtype");
  if (found == description.end()) return dtypes.front();
  if (!found->is_string()) throw usage_error("\"dtype\" is not a string", where, "one of " + listed(dtypes));
  const std::string& word = found->get_ref<const std::string&>();
  DType dtype = DType::parse(word);
  if (!dtype.is_set()) dtype = parse_safetensors_dtype(word);
  if (std::find(dtypes.begin(), dtypes.end(), dtype) == dtypes.end()) {
    throw usage_error(fmt::format("the dtype {} is not made here", in_quotes(word)), where,
                      "one of " + listed(dtypes));
  }
  return dtype;
}

Shape parse_shape(const Json& description, DType dtype, const std::string& where) {
  const auto found = description.find("shape");
  const bool fits = found != description.end() && found->is_array() && found->size() <= kMaxRank &&
                    std::all_of(found->begin(), found->end(), [](const Json& extent) {
                      return as_unsigned(extent).value_or(kMaxBytes + 1) <= kMaxBytes;
                    });
  if (!fits) throw usage_error("\"shape\" is not an array of extents", where, "e.g. \"shape\": [1, 16, 32]");
  Shape shape = found->get<Shape>();
  const std::optional<uint64_t> bytes = checked_bytes(dtype, shape);
  if (!bytes || *bytes > kMaxBytes)
    throw usage_error(fmt::format("a tensor of shape {} is too large", to_string(shape)), where);
  return shape;
}

double parse_number(const Json& description, const char* key, double otherwise, const std::string& where) {
  const auto found = description.find(key);
  if (found == description.end()) return otherwise;
  const double value = found->is_number() ? found->get<double>() : std::nan("");
  if (!(std::abs(value) <= 1e30))
    throw usage_error(fmt::format("\"{}\" is not a number of at most 1e30", key), where);
  return value;
}

int64_t parse_integer(const Json& description, const char* key, int64_t otherwise, const std::string& where) {
  const auto found = description.find(key);
  if (found == description.end()) return otherwise;
  const bool beyond =
      found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
  if (!found->is_number_integer() || beyond)
    throw usage_error(fmt::format("\"{}\" is not an integer", key), where);
  return found->get<int64_t>();
}

void check_integer_range(const Distribution& distribution, DType dtype, const std::string& where) {
  const int64_t low = distribution.integer_low, high = distribution.integer_high;
  const int64_t least = dtype == kInt64 ? INT64_MIN : dtype == kInt32 ? INT32_MIN : 0;
  const int64_t most = dtype == kInt64   ? INT64_MAX
                       : dtype == kInt32 ? INT32_MAX
                                         : 1;  // the greatest that may come
  if (low >= high)
    throw usage_error(fmt::format("no integer lies in [{}, {})", low, high), where,
                      "\"low\" comes, \"high\" does not");
  if (low < least || high - 1 > most)
    throw usage_error(fmt::format("[{}, {}) leaves the range of {}", low, high, dtype.name()), where);
}

Distribution parse_distribution(const Json& description, DType dtype, const std::string& where) {
  const bool integer = dtype.is_integer() || dtype == kBool;
  const Json word = description.value("distribution", Json(integer ? "uniform" : "normal"));
  Distribution distribution;
  if (word == "uniform") {
    distribution.kind = Distribution::Kind::kUniform;
  } else if (word != "normal") {
    throw usage_error(fmt::format("unknown distribution {}",
                                  one_line(word.dump(-1, ' ', false, Json::error_handler_t::replace))),
                      where, "\"normal\" (mean, std) or \"uniform\" (low, high)");
  } else if (integer) {
    throw usage_error(fmt::format("{} has no normal distribution", dtype.name()), where,
                      "\"distribution\": \"uniform\" with \"low\" and \"high\"");
  }
  const bool normal = distribution.kind == Distribution::Kind::kNormal;
  for (const char* key : {"mean", "std", "low", "high"}) {
    const bool of_normal = key[0] == 'm' || key[0] == 's';
    if (description.contains(key) && of_normal != normal) {
      throw usage_error(fmt::format("\"{}\" has no meaning for the distribution {}", key, word.dump()),
                        where);
    }
  }
  if (integer) {
    distribution.integer_low = parse_integer(description, "low", 0, where);
    distribution.integer_high = parse_integer(description, "high", 2, where);
    check_integer_range(distribution, dtype, where);
    return distribution;
  }
  distribution.mean = parse_number(description, "mean", 0, where);
  distribution.std = parse_number(description, "std", 1, where);
  distribution.low = parse_number(description, "low", 0, where);
  distribution.high = parse_number(description, "high", 1, where);
  if (distribution.std < 0) throw usage_error("\"std\" is negative", where);
  if (distribution.low > distribution.high) throw usage_error("\"low\" is above \"high\"", where);
  return distribution;
}

}  // namespace

std::optional<uint64_t> as_unsigned(const Json& value) {
  const bool fits = value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
  return fits ? std::optional<uint64_t>(value.get<uint64_t>()) : std::nullopt;
}

void check_keys(const Json& object, const std::vector<std::string>& keys, const std::string& where) {
  if (!object.is_object())
    throw usage_error(fmt::format("an object is needed, not a {}", object.type_name()), where);
  for (const auto& one : object.items()) {
    if (std::find(keys.begin(), keys.end(), one.key()) == keys.end()) {
      throw usage_error(fmt::format("unknown key {}", in_quotes(one.key())), where,
                        did_you_mean(one.key(), keys));
    }
  }
}

RandomDescription parse_random_description(const Json& description, const std::vector<DType>& dtypes,
                                           const std::string& where,
                                           std::initializer_list<const char*> more) {
  std::vector<std::string> keys = {"shape", "dtype", "distribution", "mean", "std", "low", "high"};
  keys.insert(keys.end(), more.begin(), more.end());
  check_keys(description, keys, where);
  RandomDescription parsed;
  parsed.dtype = parse_dtype(description, dtypes, where);
  parsed.shape = parse_shape(description, parsed.dtype, where);
  parsed.distribution = parse_distribution(description, parsed.dtype, where);
  return parsed;
}

}  // namespace vernier::core
