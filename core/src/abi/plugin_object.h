// An object that a plugin's component made.
#pragma once

#include <memory>
#include <string>

#include "abi/call_scope.h"

namespace vernier::core {

// Owns `object` (may be null); its destruction is a call into the plugin like any other, so that a crash
// there has a name. `destroy` throws nothing. `services` must outlive the object.
inline std::shared_ptr<void> plugin_object(HostServices& services, void* object, void (*destroy)(void*),
                                           const std::string& plugin, const std::string& where) {
  return {object, [&services, destroy, plugin, where](void* held) {
            if (held == nullptr) return;
            const CallScope scope(&services, plugin.c_str(), where.c_str());
            destroy(held);
          }};
}

}  // namespace vernier::core
