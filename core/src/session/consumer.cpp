#include "session/consumer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "recipe/json_schema.h"
#include "report/float_work.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr const char* kNone = "none";

std::string name_of(const RecipeExport& wanted, const ComponentInfo& backend) {
  if (wanted.profile == kNone) return {};
  return wanted.profile.empty() ? backend.profile : wanted.profile;
}

// The recipe's options on top of the profile's.
json merged_options(const RecipeExport& wanted, const Profile& profile, const ComponentInfo& backend) {
  const auto given = profile.options.find(wanted.backend);
  if (given == profile.options.end()) return *wanted.options;
  json options = json::parse(given->second);
  if (const auto findings = check_schema(backend.options, options); !findings.empty()) {
    throw data_error(fmt::format("the consumer profile has options that backend {} does not have: {}",
                                 wanted.backend, findings.front().what),
                     profile.file.string(), findings.front().hint);
  }
  options.update(*wanted.options);
  return options;
}

}  // namespace

std::vector<std::optional<Profile>> choose_profiles(Recipe& recipe, const Catalog& catalog,
                                                    const Profiles& profiles) {
  std::vector<std::optional<Profile>> result(recipe.exports.size());
  json effective = *recipe.effective;
  for (size_t i = 0; i < recipe.exports.size(); ++i) {
    RecipeExport& wanted = recipe.exports[i];
    const ComponentInfo& backend = *catalog.find("backend", wanted.backend).component;
    const std::string name = name_of(wanted, backend);
    effective["export"][i]["profile"] = name.empty() ? kNone : name;
    if (name.empty()) continue;
    const bool is_named = !wanted.profile.empty();
    result[i] =
        profiles.read(name, recipe.where(recipe.exports[i].pointer + (is_named ? "/profile" : "/backend")));
    const json options = merged_options(wanted, *result[i], backend);
    effective["export"][i]["options"] = options;
    wanted.options = options;
    wanted.profile = name;
  }
  recipe.effective = std::move(effective);
  return result;
}

std::vector<ProfileLowering> choose_lowerings(const Recipe& recipe, const Catalog& catalog,
                                              const Profiles& profiles,
                                              std::span<const std::optional<Profile>> chosen) {
  std::vector<ProfileLowering> result;
  for (size_t i = 0; i < recipe.exports.size(); ++i) {
    const RecipeExport& wanted = recipe.exports[i];
    const ComponentInfo& backend = *catalog.find("backend", wanted.backend).component;
    std::optional<ProfileLowering> lowering = chosen[i] ? chosen[i]->lowering : std::nullopt;
    if (!lowering && !backend.format_profile.empty())
      lowering = profiles.read(backend.format_profile, recipe.where(recipe.exports[i].pointer + "/backend"))
                     .lowering;
    result.push_back(lowering.value_or(ProfileLowering{}));
    if (!wanted.has_fixed_qparams) result.back().fixed_qparams.clear();
  }
  return result;
}

namespace {

json verdict_of(const CheckResult& result, const Profile& profile) {
  // A file that is wrong throughout says the same of many operators: findings alike but for the place.
  using Kind = std::tuple<std::string, bool, std::string>;
  std::map<Kind, std::pair<std::string, uint64_t>> kinds;
  for (const Finding& one : result.findings) {
    ++kinds.try_emplace({one.rule, one.is_error, one.what}, one.where, 0).first->second.second;
  }
  json findings = json::array();
  for (const auto& [kind, place] : kinds)
    findings.push_back({{"rule", std::get<0>(kind)},
                        {"severity", std::get<1>(kind) ? "error" : "warning"},
                        {"where", place.first},
                        {"what", std::get<2>(kind)},
                        {"count", place.second}});
  return {{"profile", profile.name},
          {"version", profile.version},
          {"errors", result.errors},
          {"warnings", result.warnings},
          {"findings", std::move(findings)}};
}

std::vector<Diagnostic> errors_of(const json& verdict, const std::string& file, const std::string& where,
                                  const std::string& hint) {
  std::vector<Diagnostic> diagnostics;
  for (const json& one : verdict.at("findings")) {
    if (one.at("severity") != "error") continue;
    const auto count = one.at("count").get<uint64_t>();
    diagnostics.push_back(
        {fmt::format("{} does not fit profile {}: {}: {}{}", file, verdict.at("profile").get<std::string>(),
                     one.at("where").get<std::string>(), one.at("what").get<std::string>(),
                     count > 1 ? fmt::format(" (and {} like it)", count - 1) : ""),
         where, hint});
  }
  return diagnostics;
}

// What the profile says of types, operands, ranks.
Profile without_numbers(Profile profile) {
  const auto has_numbers = [](const ProfileDemand& one) {
    return one.qparams_of || !one.zero_points.empty() || !one.qparams.empty();
  };
  std::erase_if(profile.rules, [&](const ProfileRule& rule) {
    return std::any_of(rule.where.begin(), rule.where.end(), has_numbers);
  });
  for (ProfileRule& rule : profile.rules) {
    for (ProfileDemand& one : rule.require) {
      one.qparams_of.reset();
      one.zero_points.clear();
      one.qparams.clear();
    }
  }
  return profile;
}

constexpr const char* kWhatToDo =
    "change the recipe so that the consumer takes the file, name another \"profile\", or \"none\"";

}  // namespace

json hold_to_profile(const std::filesystem::path& file, const Profile& profile, const RunControl& control) {
  return verdict_of(check_file(file, &profile, control), profile);
}

namespace {

void refuse_errors(const Recipe& recipe, size_t i, const Profile& profile, const CheckResult& result) {
  std::vector<Diagnostic> errors = errors_of(verdict_of(result, profile), recipe.exports[i].file,
                                             recipe.where(recipe.exports[i].pointer), kWhatToDo);
  if (!errors.empty()) throw Error(ErrorKind::kGate, std::move(errors));
}

}  // namespace

void refuse_unfit(const Recipe& recipe, size_t i, const Profile& profile, std::span<const std::byte> bytes,
                  const RunControl& control) {
  refuse_errors(recipe, i, profile, check_bytes(bytes, &profile, control));
}

void refuse_unfit_stand_in(const Recipe& recipe, size_t i, const Profile& profile,
                           std::span<const std::byte> bytes, const RunControl& control) {
  const Profile of_types = without_numbers(profile);
  CheckResult unfit;
  for (const Finding& one : check_bytes(bytes, &of_types, control).findings) {
    if (one.rule == "identifier")
      throw usage_error(fmt::format("{} is no Circle, TFLite or ONNX file, which profiles are about",
                                    recipe.exports[i].file),
                        recipe.where(recipe.exports[i].pointer),
                        "leave \"profile\" out, or write one of these with another backend");
    if (one.is_error && one.rule == "profile-" + profile.name) unfit.findings.push_back(one);
  }
  refuse_errors(recipe, i, profile, unfit);
}

namespace {

std::string float_gate_place(const Recipe& recipe, size_t i, bool of_tensors) {
  return recipe.where(recipe.exports[i].pointer + (of_tensors ? "/gates/float_tensors" : "/gates/float_ops"));
}

}  // namespace

json hold_to_float_gates(std::span<const std::byte> file, const Recipe& recipe, size_t i) {
  const RecipeExport& wanted = recipe.exports[i];
  const std::optional<FloatWork> work = float_work(file, wanted.file);
  if (!work) {
    if (wanted.float_ops || wanted.float_tensors)
      throw usage_error(fmt::format("what {} computes in float cannot be read from it", wanted.file),
                        float_gate_place(recipe, i, !wanted.float_ops),
                        "the gate is for Circle and TFLite files");
    return nullptr;
  }
  const auto holds = [](const std::optional<Gate>& gate, uint64_t count) {
    return !gate || gate->holds(static_cast<double>(count));
  };
  const auto limit = [](const std::optional<Gate>& gate) {
    return gate ? json(fmt::format("{} {}", gate->op, gate->limit)) : json(nullptr);
  };
  json row = to_json(*work);
  row["limit"] = limit(wanted.float_ops);
  row["tensors_limit"] = limit(wanted.float_tensors);
  row["met"] = holds(wanted.float_ops, work->count()) && holds(wanted.float_tensors, work->tensors.size());
  return row;
}

bool fits_profile(const json& row) {
  return (row.at("profile").is_null() || row.at("profile").at("errors") == 0) &&
         (row.at("float").is_null() || row.at("float").at("met").get<bool>());
}

bool fits_profiles(const json& exports) { return std::all_of(exports.begin(), exports.end(), &fits_profile); }

namespace {

std::string float_operators(const json& work) {
  std::vector<std::string> words;
  for (const auto& [name, count] : work.at("operators").items())
    words.push_back(fmt::format("{} {}", count.get<uint64_t>(), name));
  return fmt::format("{}", fmt::join(words, ", "));
}

Diagnostic float_error(const Recipe& recipe, size_t i, const json& work) {
  const RecipeExport& wanted = recipe.exports[i];
  const double operators = work.at("count").get<double>();
  if (!wanted.float_ops || wanted.float_ops->holds(operators))
    return {
        fmt::format("{} has {} float tensors{}; gate float_tensors {} is not met", wanted.file,
                    work.at("tensors").dump(),
                    operators == 0 ? "" : fmt::format(", and computes in float: {}", float_operators(work)),
                    work.at("tensors_limit").get<std::string>()),
        float_gate_place(recipe, i, true),
        "give every site a dtype, those of inputs and outputs too, or change the limit"};
  const bool is_none = operators == 0;
  return {fmt::format("{} computes in float: {}; gate float_ops {} is not met", wanted.file,
                      is_none ? "nothing" : float_operators(work), work.at("limit").get<std::string>()),
          float_gate_place(recipe, i, false),
          is_none ? "change the limit" : "give every site of these modules a dtype, or raise the limit"};
}

}  // namespace

void refuse_float(const Recipe& recipe, size_t i, std::span<const std::byte> file) {
  const json work = hold_to_float_gates(file, recipe, i);
  if (!work.is_null() && !work.at("met").get<bool>())
    throw Error(ErrorKind::kGate, float_error(recipe, i, work));
}

Error profile_error(const Recipe& recipe, const json& exports, const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  for (size_t i = 0; i < exports.size(); ++i) {
    if (const json& work = exports[i].at("float"); !work.is_null() && !work.at("met").get<bool>())
      diagnostics.push_back(float_error(recipe, i, work));
    const json& verdict = exports[i].at("profile");
    if (verdict.is_null()) continue;
    const std::vector<Diagnostic> errors =
        errors_of(verdict, exports[i].at("file").get<std::string>(), recipe.where(recipe.exports[i].pointer),
                  fmt::format("no model file was written; {}; {} tells all", kWhatToDo,
                              (out / "report.json").string()));
    diagnostics.insert(diagnostics.end(), errors.begin(), errors.end());
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

}  // namespace vernier::core
