#include "colour.h"

#include <fmt/format.h>

#include <cstdlib>

#include "progress.h"

namespace vernier::app {

bool has_colour(std::FILE* file) {
  const char* refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && progress_form(file) == ProgressForm::kTerminal;
}

std::string in_colour(const std::string& text, Colour colour, std::FILE* file) {
  return has_colour(file) ? fmt::format("\033[{}m{}\033[0m", static_cast<int>(colour), text) : text;
}

}  // namespace vernier::app
