#include "text/regex_ready.h"

#include <limits>
#include <locale>

namespace vernier::core {

void ready_for_regex() {
  static const bool is_filled = [] {
    const auto& table = std::use_facet<std::ctype<char>>(std::locale());
    for (unsigned c = 0; c <= std::numeric_limits<unsigned char>::max(); ++c)
      (void)table.narrow(static_cast<char>(c), '\0');
    return true;
  }();
  (void)is_filled;
}

}  // namespace vernier::core
