#include "plugin/find_plugins.h"

#include <fmt/format.h>

#include "plugin/probe.h"
#include "vernier/core/error.h"

namespace vernier::core {

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
  return resolve_plugins(std::move(candidates), requirements);
}

}  // namespace vernier::core
