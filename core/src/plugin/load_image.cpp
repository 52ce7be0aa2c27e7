#include "plugin/load_image.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "plugin/dependencies.h"
#include "text/loader_message.h"

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

using boost::dll::shared_library;

constexpr auto kMode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

shared_library load(const fs::path& name) {
  shared_library library;
  library.load(name.string(), kMode);
  return library;
}

// Stays loaded as long as the process: the plugin that needs it does as well.
void keep(shared_library library) {
  static std::mutex mutex;
  static auto& all = *new std::deque<shared_library>;
  const std::lock_guard lock(mutex);
  all.push_back(std::move(library));
}

bool has_origin(const std::string& folder) {
  return folder.find("$ORIGIN") != std::string::npos || folder.find("${ORIGIN}") != std::string::npos;
}

// The first folder that has the library decides, as it does for the loader; one without $ORIGIN is left to
// it.
void load_companions(int descriptor, const fs::path& file) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return;
  const Dependencies found = read_dependencies({descriptor, static_cast<uint64_t>(status.st_size)});
  const std::string origin = file.parent_path().string();
  for (const std::string& name : found.needed) {
    for (const std::string& written : found.folders) {
      const std::string folder = replace_all(replace_all(written, "${ORIGIN}", origin), "$ORIGIN", origin);
      std::error_code error;
      if (!fs::exists(fs::path(folder) / name, error)) continue;
      if (has_origin(written)) keep(load(fs::path(folder) / name));
      break;
    }
  }
}

// The loader keeps the pointer as long as the library, which is never unloaded.
void rename_loaded(const shared_library& library, const fs::path& file) {
  link_map* map = nullptr;
  if (dlinfo(library.native(), RTLD_DI_LINKMAP, &map) == 0) map->l_name = strdup(file.c_str());
}

}  // namespace

shared_library load_image(int descriptor, const fs::path& file) {
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  try {
    load_companions(descriptor, file);
    shared_library library = load(name);
    rename_loaded(library, file);
    return library;
  } catch (const std::exception& error) {
    throw std::runtime_error(replace_all(loader_message(error.what()), name, file.string()));
  }
}

}  // namespace vernier::core
