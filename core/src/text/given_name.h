// Names that a plugin gives.
#pragma once

#include <string>

#include "abi/arguments.h"
#include "text/quote.h"

namespace vernier::core {

// A name that goes into messages, reports and files. Throws Error (kPlugin) as given() does, and for one that
// is not UTF-8 or has control characters.
inline std::string given_name(vernier_string text, const char* what) {
  const std::string_view name = given(text, what);
  if (!is_printable(name))
    throw plugin_error(std::string(what) + " is " + in_quotes(name) +
                       ", which is not UTF-8 or has control characters");
  return std::string(name);
}

}  // namespace vernier::core
