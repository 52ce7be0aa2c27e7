// `vernier diff A B --fail-if CONDITION`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/diff.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr const char* kForm = "METRIC, METRIC.change or METRIC.ratio; <, <=, >, >= or ==; a number";

struct Condition {
  std::string metric;
  std::string of;  // "": run b; "change": b - a; "ratio": b / a
  Gate gate;
};

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? std::string() : std::string(text.substr(begin, end - begin + 1));
}

Condition parse_condition(const std::string& text) {
  const auto refuse = [&text]() -> Error {
    return usage_error(fmt::format("{} is no condition", in_quotes(text)), "--fail-if", kForm);
  };
  const size_t sign = text.find_first_of("<>=");
  if (sign == std::string::npos) throw refuse();
  const size_t end = text.find_first_not_of("<>=", sign);
  if (end == std::string::npos) throw refuse();
  Condition found{trimmed(text.substr(0, sign)), {}, {text.substr(sign, end - sign), 0}};
  const std::string number = trimmed(text.substr(end));
  char* rest = nullptr;
  found.gate.limit = std::strtod(number.c_str(), &rest);
  const bool is_sign = found.gate.op == "<" || found.gate.op == "<=" || found.gate.op == ">" ||
                       found.gate.op == ">=" || found.gate.op == "==";
  if (!is_sign || number.empty() || *rest != '\0' || std::isnan(found.gate.limit)) throw refuse();
  if (const size_t dot = found.metric.find('.'); dot != std::string::npos) {
    found.of = found.metric.substr(dot + 1);
    found.metric.resize(dot);
    if (found.of != "change" && found.of != "ratio") throw refuse();
  }
  return found;
}

// Both runs' numbers; an infinite SQNR is null in reports.
std::pair<double, double> both_numbers(const json& difference, const std::string& metric) {
  std::vector<std::string> names = {"bytes"};
  for (const auto& [name, pair] : difference.at("metrics").items()) {
    names.push_back(name);
    if (name != metric) continue;
    const auto number = [](const json& one) { return one.is_number() ? one.get<double>() : HUGE_VAL; };
    return {number(pair[0]), number(pair[1])};
  }
  if (metric != "bytes")
    throw usage_error(fmt::format("the runs have no number {}", in_quotes(metric)), "--fail-if", [&] {
      const std::string hint = did_you_mean(metric, names);
      return hint.empty() ? fmt::format("they have {}", fmt::join(names, ", ")) : hint;
    }());
  if (difference.at("sizes").empty())
    throw usage_error("no file of one name is in both runs", "--fail-if",
                      "bytes are of files that both have");
  double a = 0, b = 0;
  for (const json& row : difference.at("sizes")) {
    a += row.at("a").get<double>();
    b += row.at("b").get<double>();
  }
  return {a, b};
}

}  // namespace

std::vector<Diagnostic> diff_failures(const json& difference, const std::vector<std::string>& conditions) {
  std::vector<Diagnostic> found;
  for (const std::string& text : conditions) {
    const Condition condition = parse_condition(text);
    const auto [a, b] = both_numbers(difference, condition.metric);
    const bool are_same = a == b;  // two infinite ones, too
    const double value = condition.of.empty()       ? b
                         : condition.of == "change" ? (are_same ? 0 : b - a)
                         : are_same                 ? 1
                                                    : b / a;
    if (condition.gate.holds(value))
      found.push_back({fmt::format("{}{}{} is {:.7g}: {:.7g} in a, {:.7g} in b", condition.metric,
                                   condition.of.empty() ? "" : ".", condition.of, value, a, b),
                       "--fail-if " + text, "`vernier diff` without it tells what changed"});
  }
  return found;
}

}  // namespace vernier::core
