// Foreign words in messages.
#pragma once

#include <string>
#include <string_view>

namespace vernier::core {

// `text` in double quotes on one line of valid UTF-8: control characters are escaped, broken bytes replaced,
// and all but the first and last 80 bytes of an overlong one left out. For names that come from files.
std::string in_quotes(std::string_view text);
// The same without the quotes around it and with quotes inside left alone: for sentences, e.g. another
// parser's message.
std::string one_line(std::string_view text);

// Whether it is valid UTF-8 without control characters: fit to be a name in messages, reports and files.
bool is_printable(std::string_view text);

}  // namespace vernier::core
