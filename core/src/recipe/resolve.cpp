#include "recipe/resolve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "recipe/glob.h"
#include "recipe/json_schema.h"
#include "recipe/recipe_source.h"
#include "text/nearest.h"

namespace vernier::core {
namespace {

constexpr int kRole = -2;
constexpr int kDeclared = -1;  // from 0 on: index of a rule

enum Field { kObserver, kOptions, kDType, kScheme, kGranularity, kAxis, kBlockSize, kFieldCount };

// A spec on its way, and which level set each field.
struct Draft {
  Spec spec;
  int set_by[kFieldCount] = {kRole, kRole, kRole, kRole, kRole, kRole, kRole};

  void apply(const SpecPatch& patch, int level) {
    if (patch.observer) {
      if (spec.observer != *patch.observer) {
        spec.options = "{}";
        set_by[kOptions] = kRole;
      }
      spec.observer = *patch.observer;
      set_by[kObserver] = level;
    }
    if (patch.options) {
      spec.options = (*patch.options)->dump();
      set_by[kOptions] = level;
    }
    if (patch.dtype) {
      spec.dtype = *patch.dtype;
      set_by[kDType] = level;
    }
    if (patch.scheme != VERNIER_SCHEME_UNSET) {
      spec.scheme = static_cast<Scheme>(patch.scheme);
      set_by[kScheme] = level;
    }
    if (patch.granularity != VERNIER_GRANULARITY_UNSET) {
      spec.granularity = static_cast<Granularity>(patch.granularity);
      set_by[kGranularity] = level;
      if (spec.granularity != Granularity::kChannel) {
        spec.axis = -1;
        set_by[kAxis] = kRole;
      }
      if (spec.granularity != Granularity::kBlock) spec.block_size = 0;
    }
    if (patch.block_size) {
      spec.block_size = *patch.block_size;
      set_by[kBlockSize] = level;
    }
    if (patch.axis) {
      spec.axis = *patch.axis;
      set_by[kAxis] = level;
    }
  }

  [[nodiscard]] int last_rule() const {
    return std::max(kDeclared, *std::max_element(set_by, set_by + kFieldCount));
  }
};

SpecPatch patch_of(const Spec& declared) {
  SpecPatch patch;
  if (!declared.observer.empty()) patch.observer = declared.observer;
  if (declared.options != "{}" && !declared.options.empty())
    patch.options = nlohmann::json::parse(declared.options);
  if (declared.dtype.is_set()) patch.dtype = declared.dtype;
  patch.scheme = static_cast<int32_t>(declared.scheme);
  patch.granularity = static_cast<int32_t>(declared.granularity);
  if (declared.axis >= 0) patch.axis = declared.axis;
  if (declared.block_size > 0) patch.block_size = declared.block_size;
  return patch;
}

class Resolver {
 public:
  Resolver(const Recipe& recipe, const std::vector<SiteDescription>& sites)
      : recipe_(recipe),
        sites_(sites),
        findings_(*recipe.source),
        matched_(recipe.quantization.rules.size()),
        effective_(matched_.size()),
        tied_matches_(matched_.size()) {
    for (const Rule& rule : recipe.quantization.rules) globs_.emplace_back(rule.match);
  }

  std::vector<ResolvedSite> run() {
    std::vector<ResolvedSite> resolved;
    for (const SiteDescription& site : sites_)
      resolved.push_back(site.tied_to < 0 ? resolve(site) : resolve_tied(site));
    for (size_t i = 0; i < sites_.size(); ++i) {
      if (sites_[i].tied_to < 0) continue;
      const auto owner = static_cast<size_t>(sites_[i].tied_to);
      resolved[i] = {resolved[owner].spec, resolved[owner].rule, "tied to " + sites_[owner].path};
    }
    for (size_t i = 0; i < globs_.size(); ++i) check_rule(i);
    for (const bool is_weight : {false, true}) check_role(is_weight);
    findings_.throw_if_any();
    return resolved;
  }

 private:
  ResolvedSite resolve(const SiteDescription& site) {
    Draft draft;
    draft.apply(site.is_weight ? recipe_.quantization.weight : recipe_.quantization.activation, kRole);
    draft.apply(patch_of(site.declared), kDeclared);
    for (size_t i = 0; i < globs_.size(); ++i) {
      if (!globs_[i].matches(site.path) && !globs_[i].matches(site.relative)) continue;
      matched_[i] = true;
      draft.apply(recipe_.quantization.rules[i].patch, static_cast<int>(i));
    }
    for (const int level : draft.set_by) {
      if (level >= 0) effective_[static_cast<size_t>(level)] = true;
    }
    check_site(site, draft);
    note_role(site, draft);
    ResolvedSite result{draft.spec, draft.last_rule(), {}};
    result.reason =
        name_of(result.rule >= 0 ? result.rule : std::max(draft.set_by[kObserver], draft.set_by[kDType]));
    close(result.spec);
    return result;
  }

  // Which keys of the role reach a site, and which wrappers set to something else.
  void note_role(const SiteDescription& site, const Draft& draft) {
    for (int field = 0; field < kFieldCount; ++field) {
      RoleField& role = roles_[site.is_weight ? 1 : 0][field];
      if (draft.set_by[field] == kDeclared)
        role.overruled.push_back(&site);
      else
        role.counts = true;  // as it is, or by a rule, which says so itself
    }
  }

  // As a rule without an effect.
  void check_role(bool is_weight) {
    constexpr std::pair<Field, const char*> kFields[] = {
        {kObserver, "observer"}, {kDType, "dtype"}, {kScheme, "scheme"}, {kGranularity, "granularity"}};
    const std::string role = is_weight ? "/quantization/weight/" : "/quantization/activation/";
    for (const auto& [field, key] : kFields) {
      const RoleField& found = roles_[is_weight ? 1 : 0][field];
      const std::string pointer = role + key;
      const bool is_own = recipe_.source->is_written(pointer) && !recipe_.source->is_of_preset(pointer);
      if (!is_own || found.counts || found.overruled.empty()) continue;
      const nlohmann::json& wanted = recipe_.effective->at(nlohmann::json::json_pointer(pointer));
      if (is_declared(*found.overruled.front(), field, wanted)) continue;
      findings_.add(
          pointer,
          fmt::format("\"{}\": {} has no effect: the wrappers of all {} {} sites set it themselves", key,
                      quote(wanted), found.overruled.size(), is_weight ? "weight" : "activation"),
          fmt::format("a rule outranks them: {{\"match\": \"{}\", \"{}\": {}}}",
                      found.overruled.front()->relative, key, quote(wanted)));
    }
  }

  // What the wrapper says is what the role says.
  static bool is_declared(const SiteDescription& site, Field field, const nlohmann::json& wanted) {
    const Spec& declared = site.declared;
    if (field == kObserver) return wanted == declared.observer;
    if (field == kDType) return wanted == declared.dtype.name();
    if (field == kScheme) return wanted == to_string(declared.scheme);
    return wanted == to_string(declared.granularity);
  }

  // Its owner's spec counts; a rule that matches no owner says so.
  ResolvedSite resolve_tied(const SiteDescription& site) {
    for (size_t i = 0; i < globs_.size(); ++i) {
      if (globs_[i].matches(site.path) || globs_[i].matches(site.relative)) tied_matches_[i] = &site;
    }
    return {};
  }

  static void close(Spec& spec) {
    if (spec.scheme == Scheme::kUnset)
      spec.scheme = spec.dtype.is_signed() ? Scheme::kSymmetric : Scheme::kAsymmetric;
    if (spec.granularity == Granularity::kUnset) spec.granularity = Granularity::kTensor;
    if (spec.granularity != Granularity::kChannel) spec.axis = -1;
    if (spec.granularity != Granularity::kBlock) spec.block_size = 0;
  }

  // Only what several levels contradict in; within one level the reader has looked already.
  void check_site(const SiteDescription& site, const Draft& draft) {
    const Spec& spec = draft.spec;
    const int* by = draft.set_by;
    if (!spec.dtype.is_signed() && spec.scheme == Scheme::kSymmetric) {
      const bool is_dtype_later = by[kDType] > by[kScheme];
      add(site, is_dtype_later ? by[kDType] : by[kScheme], is_dtype_later ? "dtype" : "scheme",
          fmt::format(
              "{} would be {} and symmetric: unsigned codes have no symmetric scheme (dtype: {}; scheme: {})",
              site.path, spec.dtype.name(), name_of(by[kDType]), name_of(by[kScheme])),
          fmt::format("set \"scheme\": \"asymmetric\" there too, or a signed dtype such as {}",
                      DType(VERNIER_DTYPE_INT, spec.dtype.bits).name()));
    }
    if (spec.granularity == Granularity::kChannel && spec.axis < 0) {
      add(site, by[kGranularity], "granularity",
          fmt::format("{} would have a scale for each channel, but no axis is known", site.path),
          "add \"axis\"");
    }
    const bool is_block = spec.granularity == Granularity::kBlock;
    if (is_block && !site.is_weight) {
      add(site, by[kGranularity], "granularity",
          fmt::format("{} is an activation and would have a scale for each block", site.path),
          "set \"tensor\" there; blocks are for weights");
    } else if (is_block && spec.block_size == 0) {
      add(site, by[kGranularity], "granularity",
          fmt::format("{} would have a scale for each block, but no block size is known", site.path),
          "add \"block_size\"");
    }
    if (!is_block && spec.block_size > 0) {
      add(site, by[kBlockSize], "block_size",
          fmt::format("{} has a block size, but no scale for each block", site.path),
          "add \"granularity\": \"block\"");
    }
    if (spec.granularity != Granularity::kChannel && spec.axis >= 0) {
      add(site, by[kAxis], "axis",
          fmt::format("{} has an axis, but one scale for the whole tensor", site.path),
          "add \"granularity\": \"channel\"");
    }
  }

  void add(const SiteDescription& site, int level, const char* field, std::string what, std::string hint) {
    const std::string role = site.is_weight ? "/quantization/weight/" : "/quantization/activation/";
    const std::string pointer =
        level >= 0 ? recipe_.quantization.rules[static_cast<size_t>(level)].pointer + "/" : role;
    const bool is_first =
        said_.insert(pointer + field).second;  // one cause, one finding, however many sites it hits
    if (is_first) findings_.add(pointer + field, std::move(what), std::move(hint));
  }

  void check_rule(size_t i) {
    const Rule& rule = recipe_.quantization.rules[i];
    if (rule.allow_empty || effective_[i]) return;
    if (matched_[i]) {
      findings_.add(rule.pointer,
                    fmt::format("rule {} has no effect: later rules set each of its fields again", i + 1),
                    "remove it, move it behind them, or set \"allow_empty\": true");
      return;
    }
    if (const SiteDescription* tied = tied_matches_[i]) {
      findings_.add(rule.pointer + "/match",
                    fmt::format("rule {} has no effect: {} is tied to {} and has its spec", i + 1, tied->path,
                                sites_[static_cast<size_t>(tied->tied_to)].path),
                    "write the rule for the other site");
      return;
    }
    findings_.add(rule.pointer + "/match",
                  fmt::format("rule {} matches no site: {}", i + 1, quote(rule.match)),
                  unmatched_hint(rule.match));
  }

  [[nodiscard]] std::string unmatched_hint(std::string_view match) const {
    while (match.substr(0, 3) == "**/" || match.substr(0, 3) == "**.") match.remove_prefix(3);
    std::vector<std::string> names;
    for (const SiteDescription& site : sites_) names.push_back(site.relative);
    for (const SiteDescription& site : sites_) names.push_back(site.path);
    std::string hint = did_you_mean(match, names);
    if (!hint.empty()) return hint;
    constexpr size_t kShown = 6;
    const size_t shown = std::min(kShown, sites_.size());
    if (shown == 0) return "the module has no sites";
    names.resize(shown);
    return fmt::format("sites are {}{}", fmt::join(names, ", "),
                       sites_.size() > shown ? fmt::format(" and {} more", sites_.size() - shown) : "");
  }

  [[nodiscard]] std::string name_of(int level) const {
    if (level == kRole) return "role default";
    if (level == kDeclared) return "wrapper default";
    return fmt::format(
        "rule {} ({})", level + 1,
        recipe_.source->line_of(recipe_.quantization.rules[static_cast<size_t>(level)].pointer));
  }

  struct RoleField {
    bool counts = false;
    std::vector<const SiteDescription*> overruled;
  };

  const Recipe& recipe_;
  const std::vector<SiteDescription>& sites_;
  RecipeFindings findings_;
  RoleField roles_[2][kFieldCount];  // of activations, of weights
  std::vector<Glob> globs_;
  std::vector<bool> matched_, effective_;
  std::vector<const SiteDescription*> tied_matches_;  // by rule: a tied site that it matches
  std::set<std::string> said_;
};

}  // namespace

std::vector<ResolvedSite> resolve_specs(const Recipe& recipe, const std::vector<SiteDescription>& sites) {
  return Resolver(recipe, sites).run();
}

}  // namespace vernier::core
