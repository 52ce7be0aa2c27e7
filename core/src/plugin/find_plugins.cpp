#include "plugin/find_plugins.h"

namespace vernier::core {

Resolution find_plugins(const SearchOptions& options, const std::vector<Requirement>& requirements) {
  return resolve_plugins(discover(options), requirements);
}

}  // namespace vernier::core
