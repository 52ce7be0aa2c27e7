#include "session/executor_check.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "file/temporary_folder.h"
#include "text/with_note.h"
#include "verify/executed_file.h"

namespace vernier::core {

namespace {

void try_executor(const Prepared& p, LoadedExecutor executor, const RecipeVerify& verify,
                  const std::string& name, const std::string& where) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / std::filesystem::path(name).filename();
  std::ofstream(file).flush();
  try {
    const ExecutedFile opened(*p.services, std::move(executor), verify.options->dump(), file, name);
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    if (error.status() == VERNIER_NOT_FOUND)
      throw with_note(error,
                      {fmt::format("{} cannot be run, which the recipe asks for", name), where,
                       "install what the executor needs, or leave \"verify\" and the gates of the file out"});
  }
}

}  // namespace

void check_executors(const Prepared& p) {
  std::set<std::pair<std::string, std::string>> tried;  // executor and options
  for (size_t i = 0; i < p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = p.recipe.exports[i];
    if (!wanted.verify) continue;
    LoadedExecutor executor = wanted.verify->executor.empty() ? p.hub->executor_for(wanted.file)
                                                              : p.hub->executor(wanted.verify->executor);
    if (!tried.insert({executor.name, wanted.verify->options->dump()}).second) continue;
    try_executor(p, std::move(executor), *wanted.verify, wanted.file,
                 p.recipe.where(fmt::format("/export/{}/verify", i)));
  }
}

}  // namespace vernier::core
