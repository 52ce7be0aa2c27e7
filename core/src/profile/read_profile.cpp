#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "device/op.h"
#include "file/mapped_file.h"
#include "recipe/json_schema.h"
#include "text/quote.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

std::string_view profile_schema_text();  // schemas/profile.schema.json, embedded

namespace {

using nlohmann::json;

constexpr JsonLimits kLimits{size_t{1} << 20, 16, 100'000};

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw data_error("the consumer profile cannot be used: " + what, file.string(),
                   "plugins/profiles/README.md says what a profile holds");
}

json parsed(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const std::span<const std::byte> bytes = mapped->bytes();
  return parse_strict_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string(),
                           kLimits);
}

ProfileOperand operand(const std::string& text) {
  ProfileOperand result;
  result.is_input = text.front() == 'i';
  if (const size_t space = text.find(' '); space != std::string::npos)
    result.index = static_cast<size_t>(text[space + 1] - '0');
  return result;
}

template <typename T>
std::optional<T> optional(const json& row, const char* key) {
  return row.contains(key) ? std::optional<T>(row.at(key).get<T>()) : std::nullopt;
}

std::vector<std::string> words(const json& row, const char* key) {
  return row.value(key, std::vector<std::string>{});
}

// The schema's reader takes a number beyond 63 bits for a negative one.
int64_t zero_point(const std::filesystem::path& file, const json& value) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT32_MAX)
    refuse(file, fmt::format("the zero point {} is beyond 32 bits", value.get<uint64_t>()));
  return value.get<int64_t>();
}

ProfileDemand demand(const std::filesystem::path& file, const json& row) {
  ProfileDemand result;
  result.of = operand(row.at("of").get<std::string>());
  result.is_present = optional<bool>(row, "present");
  result.is_constant = optional<bool>(row, "constant");
  result.is_quantized = optional<bool>(row, "quantized");
  result.types = words(row, "types");
  if (row.contains("type_of")) result.type_of = operand(row.at("type_of").get<std::string>());
  if (row.contains("qparams_of")) result.qparams_of = operand(row.at("qparams_of").get<std::string>());
  if (row.contains("scales")) result.has_one_scale = row.at("scales") == "one";
  const json zero_points = row.value("zero_points", json::array());
  for (const json& one : zero_points) result.zero_points.push_back(zero_point(file, one));
  const json fixed = row.value("qparams", json::object());
  for (const auto& [type, pairs] : fixed.items()) {
    for (const json& pair : pairs)
      result.qparams[type].emplace_back(static_cast<float>(1.0 / pair.at(0).get<double>()),
                                        zero_point(file, pair.at(1)));
  }
  const json rank = row.value("rank", json::object());
  result.least_rank = optional<size_t>(rank, "min");
  result.greatest_rank = optional<size_t>(rank, "max");
  if (result.least_rank.value_or(0) > result.greatest_rank.value_or(SIZE_MAX))
    refuse(file, "a rank of at least more than it may have at most");
  return result;
}

std::vector<ProfileDemand> demands(const std::filesystem::path& file, const json& row, const char* key) {
  std::vector<ProfileDemand> result;
  for (const json& one : row.value(key, json::array())) result.push_back(demand(file, one));
  return result;
}

// What the schema cannot say: `where` decides on one operand.
void require_one_operand(const std::filesystem::path& file, const ProfileRule& rule) {
  const auto is_each = [](const ProfileOperand& one) { return !one.index.has_value(); };
  for (const ProfileDemand& one : rule.where) {
    if (is_each(one.of))
      refuse(file, fmt::format("the rule {}: where takes one operand", in_quotes(rule.says)));
  }
  for (const auto& list : {rule.where, rule.require}) {
    for (const ProfileDemand& one : list) {
      if ((one.type_of && is_each(*one.type_of)) || (one.qparams_of && is_each(*one.qparams_of)))
        refuse(file,
               fmt::format("the rule {}: type_of and qparams_of take one operand", in_quotes(rule.says)));
    }
  }
}

ProfileRule rule(const std::filesystem::path& file, const json& row) {
  ProfileRule result{one_line(row.at("says").get<std::string>()),
                     row.value("severity", "error") == "error",
                     words(row, "operators"),
                     words(row, "except"),
                     demands(file, row, "where"),
                     demands(file, row, "require")};
  require_one_operand(file, result);
  return result;
}

// The schema has the dtypes; which codes they have is known here.
FixedQparams fixed_qparams(const std::filesystem::path& file, const std::string& op, const json& row) {
  FixedQparams result;
  for (const auto& [name, pair] : row.at("qparams").items()) {
    const DType dtype = DType::parse(name);
    const json& given = pair.at(1);
    // What is greater than any code must not come out as a small one.
    const bool is_huge = given.is_number_unsigned() && given.get<uint64_t>() > (uint64_t{1} << 62);
    const int64_t code = is_huge ? int64_t{1} << 62 : given.get<int64_t>();
    if (code < dtype.qmin() || code > dtype.qmax() || (dtype.bits == 16 && code != 0))
      refuse(file, fmt::format("the fixed zero point {} of {} is no {}", code, op,
                               dtype.bits == 16 ? "0, which int16 has" : "code of " + name));
    const auto scale = static_cast<float>(1.0 / pair.at(0).get<double>());
    if (!std::isnormal(scale) || scale < 0)
      refuse(file,
             fmt::format("the fixed qparams of {} give the scale {}; float32 holds no such step", op, scale));
    result[name] = {scale, static_cast<int32_t>(code)};
  }
  return result;
}

void add_fixed(const std::filesystem::path& file, const std::string& op, const json& row,
               std::map<std::string, FixedQparams>& to) {
  if (!find_op(op, 1)) refuse(file, fmt::format("there is no op {}", in_quotes(op)));
  if (!to.emplace(op, fixed_qparams(file, op, row)).second)
    refuse(file, fmt::format("the lowering of {} is there twice", op));
}

ProfileLowering lowering(const std::filesystem::path& file, const json& value) {
  ProfileLowering result;
  for (const json& row : value.value("fixed_qparams", json::array())) {
    for (const std::string& op : words(row, "ops")) add_fixed(file, op, row, result.fixed_qparams);
  }
  for (const json& row : value.value("steps", json::array()))
    add_fixed(file, row.at("op").get<std::string>(), row, result.steps);
  return result;
}

}  // namespace

Profile read_profile(const std::filesystem::path& file) {
  const json value = parsed(file);
  static const json schema = json::parse(profile_schema_text());
  if (const auto findings = check_schema(schema, value); !findings.empty()) {
    const SchemaFinding& first = findings.front();
    refuse(file, fmt::format("{}: {}{}", first.pointer.empty() ? "the document" : first.pointer, first.what,
                             first.hint.empty() ? "" : "; " + first.hint));
  }
  Profile result;
  result.name = value.at("profile").get<std::string>();
  if (file.filename() != result.name + ".profile.json")
    refuse(file, fmt::format("its name is {}; the file must be {}.profile.json", in_quotes(result.name),
                             result.name));
  if (result.name == "none") refuse(file, "\"none\" is the word of recipes for no profile");
  result.version = value.at("version").get<std::string>();
  result.summary = one_line(value.at("summary").get<std::string>());
  result.source = value.at("source").get<std::string>();
  result.file = file;
  result.formats = words(value, "formats");
  const json backends = value.value("options", json::object());
  for (const auto& [backend, options] : backends.items()) result.options[backend] = options.dump();
  const json limits = value.value("limits", json::object());
  const json opset = limits.value("opset", json::object());
  result.limits = {optional<uint64_t>(limits, "file_bytes"),
                   optional<size_t>(limits, "subgraphs"),
                   optional<bool>(limits, "external_buffers"),
                   optional<size_t>(limits, "signatures"),
                   optional<int64_t>(opset, "min"),
                   optional<int64_t>(opset, "max"),
                   optional<int64_t>(limits, "ir_version")};
  if (value.contains("lowering")) result.lowering = lowering(file, value.at("lowering"));
  result.types = words(value, "types");
  result.operators = words(value, "operators");
  for (const json& row : value.at("rules")) result.rules.push_back(rule(file, row));
  return result;
}

}  // namespace vernier::core
