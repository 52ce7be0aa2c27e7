#include "plugin/find_plugins.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "plugin/probe.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

bool provides_one_of(const Manifest& manifest, const Manifest& other) {
  return std::ranges::any_of(manifest.components, [&](const ComponentInfo& one) {
    return std::ranges::any_of(other.components, [&](const ComponentInfo& two) {
      const auto is_in_both = [&](const std::string& type) {
        return std::ranges::find(two.types, type) != two.types.end();
      };
      return (one.kind == two.kind && one.name == two.name) || std::ranges::any_of(one.types, is_in_both);
    });
  });
}

// What `broken` would have provided comes from `used`, as far as can be told: a library without a manifest is
// known by its name alone.
bool takes_the_place(const Candidate& used, const Candidate& broken) {
  if (used.verdict != Verdict::kUsable || used.level <= broken.level) return false;
  if (!broken.manifest) return used.file.filename() == broken.file.filename();
  return used.manifest->id == broken.manifest->id || provides_one_of(*used.manifest, *broken.manifest);
}

// `broken`: the libraries that could not be used before any rule of precedence was asked.
void tell_broken(Resolution& found, const std::vector<Candidate>& broken) {
  for (const Candidate& one : broken) {
    // Beside plugins may lie what they need.
    if (!one.manifest && one.reason.find(kNoPlugin) != std::string::npos) continue;
    const auto used = std::ranges::find_if(
        found.candidates, [&](const Candidate& other) { return takes_the_place(other, one); });
    if (used == found.candidates.end()) {
      found.rejected.push_back(
          fmt::format("{} is not used: {} ({})", one.file.string(), one.reason, to_string(one.level)));
    } else {
      found.conflicts.push_back(
          {fmt::format("{} cannot be used: {}", one.file.string(), one.reason), to_string(one.level),
           fmt::format("mend or remove it: {} would take its place", used->file.string())});
    }
  }
}

}  // namespace

Resolution find_plugins(const SearchOptions& options, const std::vector<Requirement>& requirements,
                        const RunControl& control) {
  std::vector<Candidate> candidates = discover(options, control);
  ProbeCache cache(ProbeCache::default_file());
  for (Candidate& candidate : candidates) {
    if (candidate.verdict != Verdict::kUsable) continue;
    candidate.reason = cache.verdict(candidate, control);
    if (candidate.reason.empty()) continue;
    candidate.verdict = Verdict::kRejected;
    if (candidate.level == SearchLevel::kFile)
      throw plugin_error(fmt::format("{} cannot be used: {}", candidate.file.string(), candidate.reason),
                         "--plugin");
  }
  cache.save();
  std::vector<Candidate> broken;
  std::ranges::copy_if(candidates, std::back_inserter(broken),
                       [](const Candidate& one) { return one.verdict == Verdict::kRejected; });
  Resolution found = resolve_plugins(std::move(candidates), requirements);
  tell_broken(found, broken);
  return found;
}

}  // namespace vernier::core
