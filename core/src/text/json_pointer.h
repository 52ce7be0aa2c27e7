// JSON pointers (RFC 6901) as lists of tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// "/a~1b/0" -> {"a/b", "0"}; "" -> {}. A pointer that does not begin with "/" is read as if it did.
std::vector<std::string> split_pointer(std::string_view pointer);
// `pointer` + "/" + the escaped token.
std::string append_pointer(std::string_view pointer, std::string_view token);
std::string append_pointer(std::string_view pointer, size_t index);
// The tokens' pointer.
std::string join_pointer(const std::vector<std::string>& tokens);
// True for an array index that is written as one ("0", "12"; not "01"), with its value.
bool is_index(std::string_view token, size_t& index);

}  // namespace vernier::core
