// VERNIER_PLUGIN(component, ...): the one exported symbol of a plugin library.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

#include "vernier/abi/entry.h"
#include "vernier/host.h"

namespace vernier {

// An entry of a wrapper as the manifest lists it; vernier_add_plugin() makes a table of them.
struct ManifestEntry {
  std::string_view wrapper, entry;
  size_t inputs;              // without those that are repeated
  bool has_repeated = false;  // names that end in "*", behind the others
};

// One row of the library's table; made by observer<T>("name"), backend<T>("name"), executor<T>("name"),
// program<T>("name"). A wrapper's row is a WrapperComponent.
struct Component {
  std::string_view kind;  // "vernier.wrapper/1"
  std::string_view name;  // as in the manifest
  const void* table;      // the kind's C struct, constant data

  // What each row can say, a wrapper's too: its C struct, where it is row `kPlace` of `Components`, and
  // whether the manifest's list fits it.
  template <const auto& Components, size_t kPlace>
  [[nodiscard]] constexpr const void* table_at() const {
    return table;
  }
  [[nodiscard]] constexpr bool fits(const ManifestEntry*, const ManifestEntry*) const { return true; }
};

namespace detail {

inline vernier_status initialize(const vernier_host* host) noexcept {
  host_table() = host;
  return VERNIER_OK;
}

template <const auto& Components, size_t... kPlaces>
const void* find(std::string_view kind, std::string_view name, std::index_sequence<kPlaces...>) noexcept {
  const void* found = nullptr;
  (void)((std::get<kPlaces>(Components).kind == kind && std::get<kPlaces>(Components).name == name &&
          (found = std::get<kPlaces>(Components).template table_at<Components, kPlaces>(), true)) ||
         ...);
  return found;
}

template <typename... Rows>
constexpr bool fit_manifest(const std::tuple<Rows...>& components, const ManifestEntry* first,
                            const ManifestEntry* last) {
  return std::apply([&](const auto&... row) { return (row.fits(first, last) && ...); }, components);
}

}  // namespace detail
}  // namespace vernier

#ifdef VERNIER_MANIFEST_ENTRIES
#include VERNIER_MANIFEST_ENTRIES
#define VERNIER_CHECK_MANIFEST(components)                                                           \
  static_assert(                                                                                     \
      vernier::detail::fit_manifest(components, vernier_manifest_entries,                            \
                                    vernier_manifest_entries + std::size(vernier_manifest_entries)), \
      "the manifest lists other entries of a wrapper, or other numbers of inputs, than its class has")
#else
#define VERNIER_CHECK_MANIFEST(components) static_assert(true, "")
#endif

#define VERNIER_PLUGIN(...)                                                               \
  namespace {                                                                             \
  constexpr auto vernier_components = std::make_tuple(__VA_ARGS__);                       \
  }                                                                                       \
  VERNIER_CHECK_MANIFEST(vernier_components);                                             \
  extern "C" {                                                                            \
  VERNIER_EXPORT extern const vernier_entry vernier_plugin_entry_v1;                      \
  const vernier_entry vernier_plugin_entry_v1 = {                                         \
      VERNIER_SIZE_UP_TO(vernier_entry, shutdown), &vernier::detail::initialize,          \
      [](vernier_string kind, vernier_string name) noexcept -> const void* {              \
        return vernier::detail::find<vernier_components>(                                 \
            vernier::to_view(kind), vernier::to_view(name),                               \
            std::make_index_sequence<std::tuple_size_v<decltype(vernier_components)>>()); \
      },                                                                                  \
      nullptr};                                                                           \
  }                                                                                       \
  static_assert(true, "")
