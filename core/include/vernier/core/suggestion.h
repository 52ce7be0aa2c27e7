// What somebody meant who misspelt a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// `did you mean "plan"?` with the candidate nearest to `word`, or empty where none is near. Made to be a
// Diagnostic's hint. [any thread]
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace vernier::core
