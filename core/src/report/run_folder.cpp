#include "report/run_folder.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "file/folder_commit.h"
#include "file/folder_lock.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

nlohmann::json read_json_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw data_error(fmt::format("{} is not there", file.string()), file.string(),
                     "give a folder that `vernier run` has written");
  nlohmann::json document = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    throw data_error(fmt::format("{} is no JSON", file.string()), file.string(), "run the recipe again");
  return document;
}

}  // namespace

RunFolder read_run_folder(const std::filesystem::path& path) {
  settle_around(path);
  auto lock = std::make_shared<const FolderLock>(path, FolderLock::Kind::kShared);
  RunFolder run{path, read_json_file(path / "report.json"), read_json_file(path / "qparams.json"),
                read_json_file(path / "recipe.effective.json"), std::move(lock)};
  const bool is_run = run.report.is_object() && run.report.contains("metrics") &&
                      run.report.contains("statistics") && run.report.contains("coverage") &&
                      run.qparams.is_array();
  if (!is_run)
    throw data_error(
        fmt::format("{} is no report of this version of vernier", (path / "report.json").string()),
        path.string(), "run the recipe again");
  return run;
}

}  // namespace vernier::core
