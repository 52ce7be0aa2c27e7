// JSON as it is written: numbers that come back as the same float, names quoted.
#pragma once

#include <vernier/config.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace encodings_backend {

inline std::string quoted(std::string_view text) { return vernier::Config::Entry(text).json(); }

// Shortest form that reads back as the same float32.
inline std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", static_cast<double>(value));
  return text;
}

template <typename T, typename ToText>
std::string list(const std::vector<T>& values, ToText to_text) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? ", " : "") + to_text(value);
  return text + "]";
}

}  // namespace encodings_backend
