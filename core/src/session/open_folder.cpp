#include "session/open_folder.h"

#include <utility>

#include "plugin/find_plugins.h"
#include "program/program_folder.h"

namespace vernier::core {

namespace {

Catalog catalog_of(const FolderOptions& options) {
  SearchOptions search;
  search.files = options.plugin_files;
  Resolution found = find_plugins(search, {}, options.run_control());
  throw_on_conflict(found);
  return std::move(found.catalog);
}

}  // namespace

OpenFolder::OpenFolder(const FolderOptions& options)
    : catalog_(catalog_of(options)),
      pool_(ThreadPool::of_process(0)),
      services_(*pool_, options.run_control()),
      hub_(services_, catalog_),
      program_(read_program_folder(options.folder)),
      units_(program_, options.folder, services_, hub_, options.executor) {}

}  // namespace vernier::core
