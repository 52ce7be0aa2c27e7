// What a plugin hands to a function of the host, checked before it is read. Each throws Error (plugin,
// VERNIER_INVALID_ARGUMENT) that names the argument.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "vernier/abi/string.h"
#include "vernier/core/error.h"

namespace vernier::core {

// The place of a result, or a struct to read.
template <typename T>
T& given(T* pointer, const char* what) {
  if (pointer == nullptr) throw plugin_error(std::string("the plugin gave a null pointer for ") + what);
  return *pointer;
}

template <typename T>
std::span<T> given(T* data, uint64_t count, const char* what) {
  if (data == nullptr && count > 0)
    throw plugin_error(std::string("the plugin gave a null pointer for ") + what);
  return {data, static_cast<size_t>(count)};
}

inline std::string_view given(vernier_string text, const char* what) {
  const std::span<const char> bytes = given(text.data, text.length, what);
  return {bytes.data(), bytes.size()};
}

}  // namespace vernier::core
