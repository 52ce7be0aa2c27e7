// What every page has around its content: nothing is fetched, nothing runs.
#pragma once

#include <string>

namespace vernier::core::html {

// A whole document. `title` is text; `body` is HTML, of which everything foreign is escaped.
[[nodiscard]] std::string document(const std::string& title, const std::string& body);

// A card with a heading; nothing where it would be empty.
[[nodiscard]] std::string section(const char* title, const std::string& body);

}  // namespace vernier::core::html
