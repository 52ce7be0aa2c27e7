#include "plugin/resolver.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "plugin/version_constraint.h"
#include "vernier/core/shown_text.h"

namespace vernier::core {

namespace {

void shadow(Candidate& loser, const Candidate& winner, const std::string& why) {
  loser.verdict = Verdict::kShadowed;
  loser.reason = fmt::format("{} {} ({}, {})", why, winner.file.string(), to_string(winner.level),
                             winner.manifest->version);
}

// One library an id.
void resolve_ids(std::vector<Candidate>& candidates) {
  std::map<std::string, Candidate*> best;
  for (Candidate& candidate : candidates) {
    if (candidate.verdict != Verdict::kUsable) continue;
    Candidate*& winner = best[candidate.manifest->id];
    if (winner == nullptr) {
      winner = &candidate;
      continue;
    }
    if (winner->sha256 == candidate.sha256) {
      shadow(candidate, *winner, "the same file as");
    } else if (winner->level != candidate.level) {
      shadow(candidate, *winner, "a higher level has");
    } else if (compare_versions(winner->manifest->version, candidate.manifest->version) >= 0) {
      shadow(candidate, *winner, "an equal or higher version at this level is");
    } else {
      shadow(*winner, candidate, "a higher version at this level is");
      winner = &candidate;
    }
  }
}

bool is_required(const Candidate& candidate, const std::vector<Requirement>& requirements) {
  return std::any_of(requirements.begin(), requirements.end(),
                     [&](const Requirement& one) { return one.id == candidate.manifest->id; });
}

// Who serves what. Candidates come in order of precedence, so the first one to claim a target gets it.
class Targets {
 public:
  explicit Targets(const std::vector<Requirement>& requirements) : requirements_(requirements) {}

  // Leaves `candidate` with what it gets to serve.
  void claim_all(Candidate& candidate) {
    std::vector<ComponentInfo> served;
    for (ComponentInfo& info : candidate.manifest->components) {
      const bool has_name = claim(info.kind + " " + info.name, candidate);
      auto& types = info.types;
      types.erase(
          std::remove_if(types.begin(), types.end(),
                         [&](const std::string& type) { return !claim("module type " + type, candidate); }),
          types.end());
      // Wrappers are found by type, everything else by name.
      if (info.kind == "wrapper" ? !types.empty() : has_name) served.push_back(std::move(info));
    }
    if (served.empty()) {
      candidate.verdict = Verdict::kShadowed;
      candidate.reason = fmt::format("everything it provides comes from {}", last_winner_);
    } else {
      candidate.manifest->components = std::move(served);
    }
  }

  // The verdict of candidates in conflict, once all have claimed.
  std::vector<Diagnostic> finish() {
    std::vector<Diagnostic> diagnostics;
    for (const Conflict& one : conflicts_) {
      const auto name = [](const Candidate& candidate) {
        return fmt::format("{} ({})", candidate.file.string(), candidate.manifest->id);
      };
      diagnostics.push_back({fmt::format("two plugins provide {}", one.target),
                             fmt::format("{} and {}", name(*one.first), name(*one.second)),
                             "remove one, or name the one you want in the recipe's plugins.require"});
      for (auto [candidate, other] : {std::pair(one.first, one.second), std::pair(one.second, one.first)}) {
        candidate->verdict = Verdict::kRejected;
        candidate->reason = fmt::format(
            "provides {}, and so does {}: remove one, or name one in the recipe's plugins.require",
            one.target, name(*other));
      }
    }
    return diagnostics;
  }

 private:
  struct Conflict {
    std::string target;
    Candidate* first;
    Candidate* second;
  };

  bool claim(const std::string& target, Candidate& candidate) {
    Candidate*& provider = providers_[target];
    if (provider == nullptr || provider == &candidate) {
      provider = &candidate;
      return true;
    }
    last_winner_ = fmt::format("{} ({})", provider->file.string(), to_string(provider->level));
    if (provider->level == candidate.level &&
        is_required(*provider, requirements_) == is_required(candidate, requirements_)) {
      conflicts_.push_back({target, provider, &candidate});
    }
    return false;
  }

  const std::vector<Requirement>& requirements_;
  std::map<std::string, Candidate*> providers_;
  std::vector<Conflict> conflicts_;
  std::string last_winner_;
};

}  // namespace

int compare_versions(const std::string& a, const std::string& b) {
  const auto left = Version::parse(a), right = Version::parse(b);
  if (left && right) return compare(*left, *right);
  return a.compare(b);  // manifests hold semantic versions only
}

Resolution resolve_plugins(std::vector<Candidate> candidates, const std::vector<Requirement>& requirements) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.level < b.level; });
  for (Candidate& candidate : candidates) {
    if (candidate.verdict != Verdict::kUsable) continue;
    for (const Requirement& one : requirements) {
      if (one.id != candidate.manifest->id || one.accepts(candidate.manifest->version)) continue;
      candidate.verdict = Verdict::kRejected;
      candidate.reason = fmt::format("version {} does not satisfy the recipe's plugins.require",
                                     candidate.manifest->version);
    }
  }
  resolve_ids(candidates);
  // A required plugin goes first within its level, so that it gets its targets.
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
    if (a.level != b.level) return a.level < b.level;
    const bool first = a.manifest && is_required(a, requirements),
               second = b.manifest && is_required(b, requirements);
    return first && !second;
  });
  Targets targets(requirements);
  for (Candidate& candidate : candidates) {
    if (candidate.verdict == Verdict::kUsable) targets.claim_all(candidate);
  }
  std::vector<Diagnostic> conflicts = targets.finish();
  std::vector<CatalogPlugin> plugins;
  for (Candidate& candidate : candidates) {
    if (candidate.verdict == Verdict::kUsable)
      plugins.push_back({*candidate.manifest, candidate.file, candidate.sha256, candidate.image});
    candidate.image.reset();  // what the catalog does not name is not loaded
  }
  return {std::move(candidates), Catalog(std::move(plugins)), std::move(conflicts), {}};
}

void throw_on_conflict(const Resolution& resolution) {
  for (const std::string& one : resolution.rejected) spdlog::warn("{}", shown(one));
  if (!resolution.conflicts.empty()) throw Error(ErrorKind::kPlugin, resolution.conflicts);
  if (!resolution.catalog.plugins().empty()) return;
  std::vector<std::string> places;
  for (const auto& [level, folder] : search_places({})) places.push_back(folder.lexically_normal().string());
  throw plugin_error(
      "no plugins were found", fmt::format("{}", fmt::join(places, ", ")),
      "install vernier whole: its plugins lie in lib/vernier/plugins beside its bin; or name their "
      "folder with $VERNIER_PLUGIN_PATH");
}

std::string explain(const std::string& name, const std::vector<Candidate>& candidates) {
  std::string text;
  for (const Candidate& candidate : candidates) {
    bool concerns = candidate.file.filename() == name || candidate.file.stem() == name;
    std::string provides;
    if (candidate.manifest) {
      concerns |= candidate.manifest->id == name;
      for (const ComponentInfo& info : candidate.manifest->components) {
        const auto has = [&](const std::vector<std::string>& names) {
          return std::find(names.begin(), names.end(), name) != names.end();
        };
        const bool is_it = info.name == name || has(info.types) || has(info.models);
        concerns |= is_it;
        if (is_it) provides += fmt::format("  provides {} {}\n", info.kind, info.name);
      }
    }
    if (!concerns) continue;
    text += fmt::format("{}\n  {}{}\n  found: {}\n", candidate.file.string(), to_string(candidate.verdict),
                        candidate.reason.empty() ? "" : ": " + candidate.reason, to_string(candidate.level));
    if (candidate.manifest)
      text += fmt::format("  id {} version {}\n", candidate.manifest->id, candidate.manifest->version);
    text += provides;
  }
  return text;
}

}  // namespace vernier::core
