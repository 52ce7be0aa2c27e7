// Decides which of the found libraries a run uses: the one place where precedence and conflicts are settled.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugin/catalog.h"
#include "plugin/discovery.h"
#include "vernier/core/error.h"

namespace vernier::core {

// A recipe's `plugins.require`: versions that do not satisfy it are passed over, and it settles which of two
// providers wins.
struct Requirement {
  std::string id;
  std::function<bool(const std::string& version)> accepts;
};

struct Resolution {
  std::vector<Candidate> candidates;  // with their final verdicts
  Catalog catalog;
  std::vector<Diagnostic>
      conflicts;  // two providers of one thing, of which none has precedence; neither is in the catalog. And
                  // libraries that cannot be used, with another one behind them that would take their place
  std::vector<std::string>
      rejected;  // a sentence for each other library that cannot be used, and who looked there
};

// Rules: of one id, the highest level wins, then the highest version; the others are shadowed, with the
// winner named. A component name (or module type) of several ids: the higher level wins; at one level the one
// that a requirement names; else it is a conflict that names both files and the fix. A wrapper keeps the
// module types that no other library takes from it.
Resolution resolve_plugins(std::vector<Candidate> candidates, const std::vector<Requirement>& requirements);

// Warns of each library that cannot be used; then throws Error (kPlugin) with all conflicts, or
// where there is no plugin at all. For whoever is
// about to use the catalog; what only lists or explains goes on without.
void throw_on_conflict(const Resolution& resolution);

// Every path, verdict and reason that has to do with `name`: a plugin id, a component, a module type or a
// file name.
std::string explain(const std::string& name, const std::vector<Candidate>& candidates);

// Negative, 0, positive as semver.org §11 orders versions.
int compare_versions(const std::string& a, const std::string& b);

}  // namespace vernier::core
