// VERNIER_PLUGIN(component, ...): the one exported symbol of a plugin library.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include "vernier/abi/entry.h"
#include "vernier/host.h"

namespace vernier {

// One row of the library's table; made by wrapper<T>("Name"), observer<T>("name"), backend<T>("name").
struct Component {
  std::string_view kind;  // "vernier.wrapper/1"
  std::string_view name;  // as in the manifest
  const void* table;      // the kind's C struct, constant data
};

namespace detail {

inline vernier_status initialize(const vernier_host* host) noexcept {
  host_table() = host;
  return VERNIER_OK;
}

inline const void* find(const Component* first, const Component* last, vernier_string kind,
                        vernier_string name) noexcept {
  for (; first != last; ++first) {
    if (first->kind == to_view(kind) && first->name == to_view(name)) return first->table;
  }
  return nullptr;
}

}  // namespace detail
}  // namespace vernier

#define VERNIER_PLUGIN(...)                                                                     \
  extern "C" {                                                                                  \
  VERNIER_EXPORT extern const vernier_entry vernier_plugin_entry_v1;                            \
  const vernier_entry vernier_plugin_entry_v1 = {                                               \
      VERNIER_SIZE_UP_TO(vernier_entry, shutdown), &vernier::detail::initialize,                \
      [](vernier_string kind, vernier_string name) noexcept -> const void* {                    \
        static constexpr vernier::Component components[] = {__VA_ARGS__};                       \
        return vernier::detail::find(std::begin(components), std::end(components), kind, name); \
      },                                                                                        \
      nullptr};                                                                                 \
  }                                                                                             \
  static_assert(true, "")
