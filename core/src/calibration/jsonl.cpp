#include "calibration/jsonl.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "text/nearest.h"
#include "text/quote.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaximumRank = 8;
// Objects, arrays and scalars of a line together; a line of the greatest length costs about 400 MiB while it
// is parsed.
constexpr JsonLimits kLimits{kLongestLine, kMaximumRank + 1, size_t{4} << 20};
constexpr const char* kHint = "write one JSON object a line";

// One array: its shape first, from the first element of each level, then every element against it.
class ArrayReader {
 public:
  ArrayReader(const std::string& name, std::string where) : name_(name), where_(std::move(where)) {}

  Tensor read(const Json& value) {
    Shape shape;
    for (const Json* level = &value; level->is_array(); level = &level->front()) {
      if (level->empty()) refuse("is an empty array");
      shape.push_back(static_cast<int64_t>(level->size()));
    }
    is_integer_ = true;
    check(value, shape, 0);
    Tensor result = Tensor::allocate(is_integer_ ? kInt32 : kFloat32, shape);
    if (is_integer_) {
      auto* place = result.mutable_as<int32_t>();
      copy(value, place);
    } else {
      auto* place = result.mutable_as<float>();
      copy(value, place);
    }
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw data_error(fmt::format("{} {}", in_quotes(name_), what), where_);
  }

  void check(const Json& value, const Shape& shape, size_t depth) {
    if (depth < shape.size()) {
      if (!value.is_array()) refuse("mixes numbers and arrays on one level");
      if (value.size() != static_cast<size_t>(shape[depth])) {
        refuse(fmt::format("is not rectangular: an array of {} beside one of {} on level {}", value.size(),
                           shape[depth], depth + 1));
      }
      for (const Json& element : value) check(element, shape, depth + 1);
      return;
    }
    if (!value.is_number())
      refuse(value.is_array() ? "mixes numbers and arrays on one level"
                              : fmt::format("holds something that is no number ({})", value.type_name()));
    if (value.is_number_float()) is_integer_ = false;
  }

  void copy(const Json& value, int32_t*& place) const {
    if (value.is_array()) {
      for (const Json& element : value) copy(element, place);
      return;
    }
    const bool fits = value.is_number_unsigned()
                          ? value.get<uint64_t>() <= uint64_t{std::numeric_limits<int32_t>::max()}
                          : value.get<int64_t>() >= std::numeric_limits<int32_t>::min();
    if (!fits) refuse(fmt::format("holds {}, which int32 does not", value.dump()));
    *place++ = value.get<int32_t>();
  }

  void copy(const Json& value, float*& place) const {
    if (value.is_array()) {
      for (const Json& element : value) copy(element, place);
      return;
    }
    const double number = value.get<double>();
    if (std::abs(number) > std::numeric_limits<float>::max())
      refuse(fmt::format("holds {}, which float32 does not", value.dump()));
    *place++ = static_cast<float>(number);
  }

  const std::string& name_;
  std::string where_;
  bool is_integer_ = true;
};

Json object_of(const Lines& lines, size_t index) {
  Json line = parse_strict_json(lines.text(index), lines.label(), kLimits, lines.number(index));
  if (!line.is_object())
    throw data_error(fmt::format("the line is no object ({})", line.type_name()), lines.where(index),
                     "write {\"<input>\": [...], ...}");
  return line;
}

}  // namespace

JsonLines JsonLines::open(const std::filesystem::path& file) {
  return JsonLines(Lines::open(file, Lines::Kind::kAll, kHint));
}

JsonLines JsonLines::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                           std::string label) {
  return JsonLines(Lines::parse(bytes, std::move(owner), std::move(label), Lines::Kind::kAll, kHint));
}

std::vector<std::string> JsonLines::keys(size_t index) const {
  std::vector<std::string> keys;
  const Json line = object_of(lines_, index);
  for (const auto& [key, value] : line.items()) keys.push_back(key);
  return keys;
}

std::vector<Tensor> JsonLines::read(size_t index, const std::vector<std::string>& names) const {
  const std::string where = lines_.where(index);
  const Json line = object_of(lines_, index);
  std::vector<Tensor> tensors;
  for (const std::string& name : names) {
    const auto found = line.find(name);
    if (found == line.end())
      throw data_error(fmt::format("there is no {}", in_quotes(name)), where,
                       did_you_mean(name, keys(index)));
    tensors.push_back(ArrayReader(name, where).read(*found));
  }
  return tensors;
}

}  // namespace vernier::core
