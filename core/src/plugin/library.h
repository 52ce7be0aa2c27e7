// A loaded plugin library. Never unloaded, not even when it turns out to be unusable: what it handed out, and
// threads it may have started, stay valid until the process ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "plugin/catalog.h"
#include "vernier/abi/entry.h"

namespace vernier::core {

class Library {
 public:
  // Loads the plugin's image (lazy binding off, symbols local), never the file that its path names now;
  // checks the entry and initializes with `host`, which must outlive the process's use of the plugin. Throws
  // Error (kPlugin) naming file and reason: it does not load, has no entry, lacks a component of its
  // manifest, or its initialize failed. [main thread]
  Library(const CatalogPlugin& plugin, const vernier_host* host);
  // Calls the plugin's shutdown; instances of its components must be gone. [main thread & no other call
  // running]
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // The kind's struct ("vernier.wrapper/1"); throws Error (kPlugin) when the library does not have it.
  const void* component(std::string_view kind, const std::string& name) const;

 private:
  vernier_entry entry_{};
  std::filesystem::path file_;
};

}  // namespace vernier::core
