// The text of a qparams.json.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "calibration/given_qparams.h"
#include "recipe/json_schema.h"
#include "text/json_pointer.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// A weight of 16 million channels, or the whole of a model of some billion parameters.
constexpr JsonTextLimits kQparamsLimits{size_t{1} << 30, 32'000'000, /*places_of_scalars=*/false};
constexpr uint64_t kMostBlock = 65536;  // as in recipes
constexpr const char* kOfARun = "take a file as a run wrote it";

constexpr std::string_view kKnownKeys[] = {"site",   "dtype",      "scheme",        "axis",
                                           "scale",  "zero_point", "output",        "block_size",
                                           "raised", "tied_to",    "declared_range"};

}  // namespace

class GivenQparams::Reader {
 public:
  explicit Reader(const RecipeSource& source) : findings_(source) {}

  std::vector<Row> run(const json& document) {
    if (!document.is_array()) {
      findings_.add("",
                    fmt::format("a list of sites is expected, not {}{}", describe_type(document),
                                document.is_object() && document.contains("version")
                                    ? fmt::format(" of version {}", quote(document["version"]))
                                    : ""),
                    "take the qparams.json of a run of this version of vernier");
    } else {
      for (size_t i = 0; i < document.size(); ++i) {
        pointer_ = append_pointer("", i);
        if (read_row(document[i]) && !seen_.insert(rows_.back().site).second)
          fail("site", fmt::format("site {} stands there twice", rows_.back().site), "remove one of the two");
      }
    }
    findings_.throw_if_any();
    return std::move(rows_);
  }

 private:
  bool fail(const char* key, std::string what, std::string hint = kOfARun) {
    findings_.add(pointer_ + (*key == '\0' ? "" : append_pointer("", key)), std::move(what), std::move(hint));
    return false;
  }

  bool has_keys(const json& row) {
    if (!row.is_object()) return fail("", fmt::format("a site is an object, not {}", describe_type(row)));
    for (const auto& [key, value] : row.items()) {
      if (std::ranges::find(kKnownKeys, key) == std::end(kKnownKeys))
        return fail(key.c_str(), fmt::format("unknown key {}", quote(key)),
                    "a later version of vernier wrote the file: calibrate with this one");
    }
    for (const char* key : {"site", "dtype", "scheme", "axis", "scale", "zero_point"}) {
      if (!row.contains(key)) return fail("", fmt::format("missing key \"{}\"", key));
    }
    for (const char* key : {"site", "dtype", "scheme", "tied_to"}) {
      if (row.contains(key) && !row[key].is_string())
        return fail(key, fmt::format("\"{}\" is a string, not {}", key, describe_type(row[key])));
    }
    return true;
  }

  bool read_row(const json& row) {
    if (!has_keys(row)) return false;
    Row read;
    read.site = row["site"];
    read.tied_to = row.value("tied_to", "");
    if (!read_type(row, read.qparams) || !read_numbers(row, read.qparams) || !read_range(row, read) ||
        !read_raised(row, read))
      return false;
    rows_.push_back(std::move(read));
    return true;
  }

  bool read_type(const json& row, QParams& qparams) {
    qparams.dtype = DType::parse(row["dtype"].get_ref<const std::string&>());
    if (!qparams.dtype.is_integer() || qparams.dtype.bits > 16)
      return fail("dtype", fmt::format("{} is no dtype of codes", quote(row["dtype"])));
    const std::string& scheme = row["scheme"].get_ref<const std::string&>();
    if (scheme != "symmetric" && scheme != "asymmetric")
      return fail("scheme", fmt::format("unknown scheme {}", quote(row["scheme"])));
    qparams.scheme = scheme == "symmetric" ? Scheme::kSymmetric : Scheme::kAsymmetric;
    const json& axis = row["axis"];
    if (!axis.is_null() && !(axis.is_number_unsigned() && axis.get<uint64_t>() < 8))
      return fail("axis", fmt::format("{} is no axis", quote(axis)));
    if (!axis.is_null()) qparams.axis = axis;
    if (!row.contains("block_size")) return true;
    const json& block = row["block_size"];
    if (!block.is_number_unsigned() || block.get<uint64_t>() - 1 >= kMostBlock)
      return fail("block_size", fmt::format("{} is no block size", quote(block)));
    if (qparams.axis >= 0) return fail("block_size", "\"block_size\" does not go with an axis");
    qparams.block_size = block;
    return true;
  }

  bool read_numbers(const json& row, QParams& qparams) {
    const json &scale = row["scale"], &zero_point = row["zero_point"];
    for (const char* key : {"scale", "zero_point"}) {
      if (!row[key].is_array() || row[key].empty())
        return fail(key, fmt::format("\"{}\" is a list of numbers, not {}", key,
                                     row[key].is_array() ? "an empty one" : describe_type(row[key])));
    }
    if (scale.size() != zero_point.size())
      return fail("zero_point", fmt::format("{} scales and {} zero points", scale.size(), zero_point.size()));
    if (qparams.axis < 0 && qparams.block_size == 0 && scale.size() != 1)
      return fail("scale", fmt::format("{} scales without an axis or a block size", scale.size()));
    for (size_t i = 0; i < scale.size(); ++i) {
      const float one = scale[i].is_number() ? static_cast<float>(scale[i].get<double>()) : 0;
      if (!std::isfinite(one) || !(one > 0))
        return fail("scale",
                    fmt::format("scale {} is {}; a scale is finite and above 0", i, quote(scale[i])));
      const json& zero = zero_point[i];
      if (!zero.is_number_integer() || zero.get<double>() < static_cast<double>(qparams.dtype.qmin()) ||
          zero.get<double>() > static_cast<double>(qparams.dtype.qmax()))
        return fail("zero_point",
                    fmt::format("zero point {} is {}; the codes of {} go from {} to {}", i, quote(zero),
                                qparams.dtype.name(), qparams.dtype.qmin(), qparams.dtype.qmax()));
      qparams.scale.push_back(one);
      qparams.zero_point.push_back(zero.get<int32_t>());
    }
    return true;
  }

  bool read_range(const json& row, Row& read) {
    if (!row.contains("declared_range")) return true;
    const json& range = row["declared_range"];
    if (!range.is_array() || range.size() != 2 || !range[0].is_number() || !range[1].is_number())
      return fail("declared_range", "a declared range is two numbers");
    read.range = DeclaredRange{range[0], range[1]};
    return true;
  }

  // What an earlier run did to the scales that stand here; the report goes on to tell it.
  bool read_raised(const json& row, Row& read) {
    if (!row.contains("raised")) return true;
    if (!row["raised"].is_array()) return fail("raised", "\"raised\" is a list");
    for (const json& one : row["raised"]) {
      const bool has_all = one.is_object() && one.size() == 4 && one.contains("channel") &&
                           one.contains("from") && one.contains("to") && one.contains("bias");
      const bool is_right =
          has_all && one["from"].is_number() && one["to"].is_number() && one["bias"].is_string() &&
          (one["channel"].is_null() ||
           (one["channel"].is_number_unsigned() && one["channel"] < read.qparams.scale.size()));
      if (!is_right)
        return fail("raised", fmt::format("{} is no raised scale: channel, from, to, bias", quote(one)));
      read.raised.push_back({one["channel"].is_null() ? -1 : one["channel"].get<int64_t>(), one["from"],
                             one["to"], one["bias"]});
    }
    return true;
  }

  RecipeFindings findings_;
  std::string pointer_;  // of the row that is read
  std::vector<Row> rows_;
  std::set<std::string> seen_;
};

GivenQparams GivenQparams::parse(std::string_view text, const std::string& name) {
  GivenQparams given;
  given.source_.names = {name};
  try {
    JsonDocument document = parse_json_document(text, name, kQparamsLimits);
    given.source_.root = std::move(document.root);
    given.rows_ = Reader(given.source_).run(document.value);
  } catch (const Error& error) {  // no recipe: data
    throw Error(ErrorKind::kData, error.diagnostics());
  }
  return given;
}

}  // namespace vernier::core
