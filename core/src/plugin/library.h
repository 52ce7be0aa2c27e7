// A loaded plugin library. Never unloaded, not even when it turns out to be unusable: what it handed out, and
// threads it may have started, stay valid until the process ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "abi/plugin_host.h"
#include "plugin/catalog.h"
#include "vernier/abi/entry.h"

namespace vernier::core {

class HostServices;

// Made and kept by Plugins (vernier/core/plugins.h).
class Library {
 public:
  // Loads the plugin's image (lazy binding off, symbols local), never the file that its path names now;
  // checks the entry and initializes. Throws Error (kPlugin) naming file and reason: it does not load, has no
  // entry, lacks a component of its manifest, or its initialize failed. `session` (may be null) gets what its
  // initialize logs.
  Library(const CatalogPlugin& plugin, HostServices* session);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // The kind's struct ("vernier.wrapper/1"); throws Error (kPlugin) when the library does not have it.
  [[nodiscard]] const void* component(std::string_view kind, const std::string& name) const;
  [[nodiscard]] const vernier_host* host() const { return host_.table(); }
  // Calls the plugin's shutdown; instances of its components must be gone. [main thread & no other call
  // running]
  void shut_down() noexcept;

 private:
  void initialize();

  const std::string id_;
  const std::filesystem::path file_;
  const PluginHost& host_;  // never destroyed, as the library: threads of it may still use it
  vernier_entry entry_{};
};

}  // namespace vernier::core
