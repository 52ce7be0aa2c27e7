#include "plugin/library.h"

#include <fmt/format.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <deque>
#include <mutex>
#include <vector>  // Boost.DLL 1.74 needs it first

#include "abi/host_services.h"
#include "abi/sized.h"
#include "plugin/load_image.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using boost::dll::shared_library;

std::string abi_kind(const std::string& kind) { return "vernier." + kind + "/1"; }

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

// The plugin's reason for a failure is in the host's error object of this thread.
void initialize(const vernier_entry& entry, const vernier_host* host, const std::filesystem::path& file,
                const std::string& id) {
  if (entry.initialize == nullptr) return;
  clear_error();
  vernier_status status = VERNIER_OK;
  try {
    status = entry.initialize(host);
  } catch (const std::exception& error) {
    throw plugin_error(fmt::format("{} threw an exception across the plugin boundary: {}", file.string(),
                                   one_line(error.what())),
                       id);
  } catch (...) {
    throw plugin_error(fmt::format("{} threw an exception across the plugin boundary", file.string()), id);
  }
  if (status == VERNIER_OK) return;
  const Error reason = take_error(status);
  throw plugin_error(
      fmt::format("{} failed to initialize: {}", file.string(), one_line(reason.diagnostics().front().what)),
      id);
}

}  // namespace

Library::Library(const CatalogPlugin& plugin, const vernier_host* host) : file_(plugin.file) {
  const std::string& id = plugin.manifest.id;
  if (boost::dll::program_location() == file_.string())
    throw plugin_error("the host itself is not a plugin", file_.string());
  entry_ = read_sized(&load_entry(plugin));
  if (entry_.get_component == nullptr)
    throw plugin_error(fmt::format("{} has an entry without get_component", file_.string()), id);
  initialize(entry_, host, file_, id);
  for (const ComponentInfo& info : plugin.manifest.components) component(abi_kind(info.kind), info.name);
}

Library::~Library() {
  if (entry_.shutdown == nullptr) return;
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
