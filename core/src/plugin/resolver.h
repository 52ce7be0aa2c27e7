// Decides which of the found libraries a run uses: the one place where precedence and conflicts are settled.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugin/catalog.h"
#include "plugin/discovery.h"

namespace vernier::core {

// A recipe's `plugins.require`: versions that do not satisfy it are passed over, and it settles which of two providers wins.
struct Requirement {
  std::string id;
  std::function<bool(const std::string& version)> accepts;
};

struct Resolution {
  std::vector<Candidate> candidates;  // with their final verdicts
  Catalog catalog;
};

// Rules: of one id, the highest level wins, then the highest version; the others are shadowed, with the winner named.
// A component (or module type) of several ids: the higher level wins; at one level without a requirement naming one of them it is
// an Error (kPlugin) that names the files and the fix.
Resolution resolve_plugins(std::vector<Candidate> candidates, const std::vector<Requirement>& requirements);

// Every path, verdict and reason that has to do with `name`: a plugin id, a component, a module type or a file name.
std::string explain(const std::string& name, const std::vector<Candidate>& candidates);

// Negative, 0, positive as semver.org §11 orders versions.
int compare_versions(const std::string& a, const std::string& b);

}  // namespace vernier::core
