// The JSON files that a run left in its folder.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

namespace vernier::core {

class FolderLock;

// While it exists, no run changes the folder.
struct RunFolder {
  std::filesystem::path path;
  nlohmann::json report;
  nlohmann::json qparams;
  nlohmann::json recipe;  // effective
  std::shared_ptr<const FolderLock> lock;
};

// Completes an unfinished commit of the folder first. Throws Error (kData) naming the file that is missing or
// no JSON of a run.
RunFolder read_run_folder(const std::filesystem::path& path);

}  // namespace vernier::core
