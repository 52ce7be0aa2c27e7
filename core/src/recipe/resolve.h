// The spec of each site: rules of the recipe, what wrappers declare and the defaults of roles, put together
// field by field.
#pragma once

#include <string>
#include <vector>

#include "tensor/qparams.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct SiteDescription {
  std::string path;      // "<module path>/<site>"
  std::string relative;  // the same from the recipe's module: "embedding_projection/weight"; "weight" for a
                         // site of that module
  bool is_weight = false;
  Spec declared;     // what the wrapper declares; what is unset there is open
  int tied_to = -1;  // place of the site whose spec it has, itself tied to none; -1: none
};

struct ResolvedSite {
  Spec spec;           // nothing unset
  int rule = -1;       // index of the last rule that set a field; -1: none did
  std::string reason;  // `rule 1 (recipe.json:9:16)`, "wrapper default", "role default": who set the observer
                       // or the dtype last
};

// Lowest to highest: the role's default, the wrapper's declaration, the rules in order. A level that names
// another observer drops the options of lower levels. Then, where still open: a signed dtype is symmetric, an
// unsigned one asymmetric; one scale for the tensor. Throws Error (kUsage) with every finding: a rule that
// matches no site or has no effect, or matches tied sites alone, a site whose fields contradict each other
// (unsigned and symmetric, channel without axis).
std::vector<ResolvedSite> resolve_specs(const Recipe& recipe, const std::vector<SiteDescription>& sites);

}  // namespace vernier::core
