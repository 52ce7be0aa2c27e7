#include "plugin/library.h"

#include <fmt/format.h>

#include <vector>  // Boost.DLL 1.74 needs it first
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>

#include "plugin/sized.h"
#include "vernier/core/error.h"

namespace vernier::core {

struct Library::Handle {
  boost::dll::shared_library library;
};

namespace {

std::string abi_kind(const std::string& kind) { return "vernier." + kind + "/1"; }

}  // namespace

Library::Library(const CatalogPlugin& plugin, const vernier_host* host) : handle_(new Handle), file_(plugin.file) {
  if (boost::dll::program_location() == file_.string()) throw plugin_error("the host itself is not a plugin", file_.string());
  try {
    handle_->library.load(file_.string(), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& error) {
    throw plugin_error(fmt::format("{} does not load: {}", file_.string(), error.what()), plugin.manifest.id);
  }
  if (!handle_->library.has(VERNIER_ENTRY_SYMBOL)) {
    throw plugin_error(fmt::format("{} has no symbol {}", file_.string(), VERNIER_ENTRY_SYMBOL), plugin.manifest.id, "build it with vernier_add_plugin() and VERNIER_PLUGIN()");
  }
  entry_ = read_sized(&handle_->library.get<const vernier_entry>(VERNIER_ENTRY_SYMBOL));
  if (entry_.get_component == nullptr) throw plugin_error(fmt::format("{} has an entry without get_component", file_.string()), plugin.manifest.id);
  if (entry_.initialize != nullptr) {
    if (const vernier_status status = entry_.initialize(host); status != VERNIER_OK) {
      throw plugin_error(fmt::format("{} failed to initialize (status {})", file_.string(), status), plugin.manifest.id);
    }
  }
  for (const ComponentInfo& info : plugin.manifest.components) component(abi_kind(info.kind), info.name);
}

// The library stays mapped: values, tables and code of it may still be reachable.
Library::~Library() {
  static auto& kept = *new std::vector<std::unique_ptr<Handle>>;
  kept.push_back(std::move(handle_));
}

const void* Library::component(std::string_view kind, const std::string& name) const {
  const void* found = entry_.get_component({kind.data(), kind.size()}, {name.data(), name.size()});
  if (found == nullptr) throw plugin_error(fmt::format("{} lists {} {} in its manifest but does not have it", file_.string(), kind, name), file_.string());
  return found;
}

}  // namespace vernier::core
