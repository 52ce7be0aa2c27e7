// Text of others (what a plugin says, names in files, paths) as a terminal may show it: it forges no line,
// moves no cursor and turns no words around.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace vernier::core {

// One line of valid UTF-8: controls (C0, DEL, C1, and those that change the direction of writing or end a
// line) are written as `\n` or `\u202e`, broken bytes become U+FFFD; of what is longer than `longest` bytes
// the middle is left out. [any thread]
std::string shown(std::string_view text, size_t longest = 2000);

// The lines of `text`, each as shown(); more than `most` of them end with how many are left out. [any thread]
std::string shown_lines(std::string_view text, std::string_view before_each, size_t most = 20);

// A whole output: as shown(), but for newlines, tabs and the colours of a terminal, and nothing is left out.
// In JSON it changes the form of a string and not its value. [any thread]
std::string shown_output(std::string_view text);

// `value` as JSON text; broken bytes, as in a path, become U+FFFD. [any thread]
std::string json_text(const nlohmann::json& value, int indent = -1);
// `value` with valid UTF-8 in each string, for what is written without a text in between.
[[nodiscard]] nlohmann::json with_valid_text(nlohmann::json value);

}  // namespace vernier::core
