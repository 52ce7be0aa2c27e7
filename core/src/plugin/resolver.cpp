#include "plugin/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "recipe/version_constraint.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

void shadow(Candidate& loser, const Candidate& winner, const std::string& why) {
  loser.verdict = Verdict::kShadowed;
  loser.reason = fmt::format("{} {} ({}, {})", why, winner.file.string(), to_string(winner.level), winner.manifest->version);
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

// What one component answers to: its name within its kind, and a wrapper's module types.
std::vector<std::string> targets(const ComponentInfo& info) {
  std::vector<std::string> result = {info.kind + " " + info.name};
  for (const std::string& type : info.types) {
    if (type != info.name) result.push_back("wrapper " + type);
  }
  return result;
}

bool is_required(const Candidate& candidate, const std::vector<Requirement>& requirements) {
  return std::any_of(requirements.begin(), requirements.end(), [&](const Requirement& one) { return one.id == candidate.manifest->id; });
}

// Candidates come in order of level, so the first provider of a target is at the highest. Returns for each plugin the components
// that it does not get to serve.
void resolve_targets(std::vector<Candidate>& candidates, const std::vector<Requirement>& requirements) {
  std::map<std::string, Candidate*> providers;
  for (Candidate& candidate : candidates) {
    if (candidate.verdict != Verdict::kUsable) continue;
    std::vector<ComponentInfo> kept;
    for (ComponentInfo& info : candidate.manifest->components) {
      bool keeps = true;
      for (const std::string& target : targets(info)) {
        Candidate*& provider = providers[target];
        if (provider == nullptr || provider == &candidate) {
          provider = &candidate;
          continue;
        }
        if (provider->level == candidate.level && is_required(*provider, requirements) == is_required(candidate, requirements)) {
          throw plugin_error(fmt::format("two plugins provide {}", target), fmt::format("{} ({}) and {} ({})", provider->file.string(), provider->manifest->id, candidate.file.string(), candidate.manifest->id),
                             "remove one, or name the one you want in the recipe's plugins.require");
        }
        keeps = false;
      }
      if (keeps) kept.push_back(std::move(info));
    }
    if (kept.empty()) {
      candidate.verdict = Verdict::kShadowed;
      candidate.reason = "everything it provides comes from a higher level";
    } else {
      candidate.manifest->components = std::move(kept);
    }
  }
}

}  // namespace

int compare_versions(const std::string& a, const std::string& b) {
  const auto left = Version::parse(a), right = Version::parse(b);
  if (left && right) return compare(*left, *right);
  return a.compare(b);  // manifests hold semantic versions only
}

Resolution resolve_plugins(std::vector<Candidate> candidates, const std::vector<Requirement>& requirements) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.level < b.level; });
  for (Candidate& candidate : candidates) {
    if (candidate.verdict != Verdict::kUsable) continue;
    for (const Requirement& one : requirements) {
      if (one.id != candidate.manifest->id || one.accepts(candidate.manifest->version)) continue;
      candidate.verdict = Verdict::kRejected;
      candidate.reason = fmt::format("version {} does not satisfy the recipe's plugins.require", candidate.manifest->version);
    }
  }
  resolve_ids(candidates);
  // A required plugin goes first within its level, so that it gets its targets.
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
    if (a.level != b.level) return a.level < b.level;
    const bool first = a.manifest && is_required(a, requirements), second = b.manifest && is_required(b, requirements);
    return first && !second;
  });
  resolve_targets(candidates, requirements);
  std::vector<CatalogPlugin> plugins;
  for (const Candidate& candidate : candidates) {
    if (candidate.verdict == Verdict::kUsable) plugins.push_back({*candidate.manifest, candidate.file, candidate.sha256});
  }
  return {std::move(candidates), Catalog(std::move(plugins))};
}

std::string explain(const std::string& name, const std::vector<Candidate>& candidates) {
  std::string text;
  for (const Candidate& candidate : candidates) {
    bool concerns = candidate.file.filename() == name || candidate.file.stem() == name;
    std::string provides;
    if (candidate.manifest) {
      concerns |= candidate.manifest->id == name;
      for (const ComponentInfo& info : candidate.manifest->components) {
        const bool is_it = info.name == name || std::find(info.types.begin(), info.types.end(), name) != info.types.end();
        concerns |= is_it;
        if (is_it) provides += fmt::format("  provides {} {}\n", info.kind, info.name);
      }
    }
    if (!concerns) continue;
    text += fmt::format("{}\n  {}{}\n  found: {}\n", candidate.file.string(), to_string(candidate.verdict), candidate.reason.empty() ? "" : ": " + candidate.reason, to_string(candidate.level));
    if (candidate.manifest) text += fmt::format("  id {} version {}\n", candidate.manifest->id, candidate.manifest->version);
    text += provides;
  }
  return text;
}

}  // namespace vernier::core
