#include "plugin/library.h"

#include <fmt/format.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <deque>
#include <mutex>
#include <vector>  // Boost.DLL 1.74 needs it first

#include "abi/call_scope.h"
#include "abi/host_services.h"
#include "abi/sized.h"
#include "plugin/load_image.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using boost::dll::shared_library;

// From its load on the library stays mapped, whatever comes of it: values, tables and code of it may still be
// reachable.
struct Kept {
  shared_library library;
  std::shared_ptr<const LibraryImage> image;  // its descriptor's number must not be used again
};

const shared_library& kept(shared_library library, std::shared_ptr<const LibraryImage> image) {
  static std::mutex mutex;
  static auto& all = *new std::deque<Kept>;  // never destroyed
  const std::lock_guard lock(mutex);
  return all.emplace_back(Kept{std::move(library), std::move(image)}).library;
}

// A plugin may keep its host also where it turns out to be unusable.
PluginHost& kept_host(const std::string& id) {
  static std::mutex mutex;
  static auto& all = *new std::deque<PluginHost>;  // never destroyed
  const std::lock_guard lock(mutex);
  return all.emplace_back(id);
}

const vernier_entry& load_entry(const CatalogPlugin& plugin) {
  const std::filesystem::path& file = plugin.file;
  const std::string& id = plugin.manifest.id;
  if (plugin.image == nullptr)
    throw internal_error(fmt::format("{} was not read before its load", file.string()));
  shared_library library;
  try {
    library = load_image(plugin.image->descriptor(), file);
  } catch (const std::exception& error) {
    throw plugin_error(fmt::format("{} does not load: {}", file.string(), error.what()), id);
  }
  const shared_library& loaded = kept(std::move(library), plugin.image);
  if (!loaded.has(VERNIER_ENTRY_SYMBOL)) {
    throw plugin_error(fmt::format("{} has no symbol {}", file.string(), VERNIER_ENTRY_SYMBOL), id,
                       "build it with vernier_add_plugin() and VERNIER_PLUGIN()");
  }
  return loaded.get<const vernier_entry>(VERNIER_ENTRY_SYMBOL);
}

}  // namespace

Library::Library(const CatalogPlugin& plugin, HostServices* session)
    : id_(plugin.manifest.id), file_(plugin.file), host_(kept_host(id_)) {
  if (boost::dll::program_location() == file_.string())
    throw plugin_error("the host itself is not a plugin", file_.string());
  const std::string where = "loading " + file_.string();
  const CallScope scope(session, id_.c_str(), where.c_str());
  entry_ = read_sized(&load_entry(plugin));
  if (entry_.get_component == nullptr)
    throw plugin_error(fmt::format("{} has an entry without get_component", file_.string()), id_);
  initialize();
  for (const ComponentInfo& info : plugin.manifest.components)
    (void)component(abi_kind(info.kind), info.name);
}

// The plugin's reason for a failure is in the error object of the call.
void Library::initialize() {
  if (entry_.initialize == nullptr) return;
  vernier_status status = VERNIER_OK;
  try {
    status = entry_.initialize(host_.table());
  } catch (const std::exception& error) {
    throw plugin_error(fmt::format("{} threw an exception across the plugin boundary: {}", file_.string(),
                                   one_line(error.what())),
                       id_);
  } catch (...) {
    throw plugin_error(fmt::format("{} threw an exception across the plugin boundary", file_.string()), id_);
  }
  if (status == VERNIER_OK) return;
  const Error reason = take_error(status);
  throw plugin_error(
      fmt::format("{} failed to initialize: {}", file_.string(), one_line(reason.diagnostics().front().what)),
      id_)
      .with(reason.status());
}

void Library::shut_down() noexcept {
  if (entry_.shutdown == nullptr) return;
  const std::string where = "shutting down " + file_.string();
  const CallScope scope(nullptr, id_.c_str(), where.c_str());
  try {
    entry_.shutdown();
  } catch (...) {  // against the rules, and too late to matter
  }
}

const void* Library::component(std::string_view kind, const std::string& name) const {
  const void* found = entry_.get_component({kind.data(), kind.size()}, {name.data(), name.size()});
  if (found == nullptr)
    throw plugin_error(
        fmt::format("{} lists {} {} in its manifest but does not have it", file_.string(), kind, name),
        file_.string());
  return found;
}

}  // namespace vernier::core
