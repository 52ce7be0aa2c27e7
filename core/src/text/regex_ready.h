// What must happen before a std::regex is made.
#pragma once

namespace vernier::core {

// libstdc++'s std::ctype<char> fills its table of characters on first use without a lock, and std::regex
// reads it: two sessions that check a recipe at once would race. Fills it, once in a process. [any thread]
void ready_for_regex();

}  // namespace vernier::core
