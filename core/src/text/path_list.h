// A list of paths as environment variables and RPATH hold it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// The entries between colons, in their order; empty ones are left out.
std::vector<std::string> path_list(std::string_view text);

}  // namespace vernier::core
