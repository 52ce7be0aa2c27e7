#include "module/module_tree.h"

namespace vernier::core {

int ParameterIndex::place(const std::deque<Parameter>& parameters, const std::string& path) {
  for (; seen_ < parameters.size(); ++seen_) places_.emplace(parameters[seen_].path, static_cast<int>(seen_));
  const auto found = places_.find(path);
  return found == places_.end() ? -1 : found->second;
}

const Parameter* ParameterIndex::other_of_site(const std::deque<Parameter>& parameters,
                                               const Parameter& asking) {
  const auto [first, is_new] = firsts_.try_emplace(asking.site, &asking);
  if (is_new) {  // of others only declared ones can have it so far
    for (const Parameter& one : parameters) {
      if (one.site != asking.site || &one == &asking) continue;
      first->second = &one;
      break;
    }
  }
  return first->second == &asking ? nullptr : first->second;
}

}  // namespace vernier::core
