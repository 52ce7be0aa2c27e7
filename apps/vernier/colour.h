// Colour on a terminal; everything else gets plain text.
#pragma once

#include <cstdio>
#include <string>

namespace vernier::app {

enum class Colour : int { kRed = 31, kGreen = 32, kYellow = 33 };  // ECMA-48, SGR

// `file` is a terminal that knows colours and the user did not refuse them (no-color.org: NO_COLOR set and
// not empty).
bool has_colour(std::FILE* file);
std::string in_colour(const std::string& text, Colour colour, std::FILE* file);

}  // namespace vernier::app
