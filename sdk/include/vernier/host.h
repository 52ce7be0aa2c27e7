// The plugin's way to its host: one pointer per library, set before anything else runs.
#pragma once

#include <new>
#include <string>
#include <string_view>

#include "vernier/abi/host.h"
#include "vernier/error.h"

namespace vernier {

// The host table of this library. [any thread, once initialized]
inline const vernier_host*& host_table() {
  static const vernier_host* table = nullptr;
  return table;
}

// First argument of each interface function.
inline void* host_context() { return host_table()->context; }

// The interface `id` as `Table`; throws VERNIER_UNIMPLEMENTED when this host has none. Look it up once, keep
// the reference.
template <typename Table>
const Table& interface(const char* id) {
  const void* found =
      host_table() == nullptr ? nullptr : host_table()->get_interface(host_context(), to_abi(id));
  if (found == nullptr) throw unimplemented(std::string("this host has no interface ") + id);
  return *static_cast<const Table*>(found);
}

// One line for the user, prefixed with the plugin's id. `level`: VERNIER_LOG_*.
inline void log(int32_t level, std::string_view text) {
  host_table()->log(host_context(), level, to_abi(text));
}

namespace detail {

inline vernier_status fail(vernier_status code, std::string_view text) noexcept {
  if (host_table() == nullptr) return code;
  return host_table()->fail(host_context(), code, to_abi(text));
}

// Runs `body` so that nothing thrown crosses the ABI.
template <typename Body>
vernier_status guarded(Body&& body) noexcept {
  try {
    body();
    return VERNIER_OK;
  } catch (const Error& error) {
    return error.recorded() ? error.code() : fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(VERNIER_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return fail(VERNIER_INTERNAL, error.what());
  } catch (...) {
    return fail(VERNIER_INTERNAL, "an exception of unknown type");
  }
}

}  // namespace detail
}  // namespace vernier
