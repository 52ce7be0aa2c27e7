#include "session/trial.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "file/path_place.h"
#include "process/child.h"
#include "session/trial_answer.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr size_t kMostOfAnswer = size_t{4} << 20;

// What the process said last of all when it was ended, as guard_process() words it.
Error last_words(const ChildEnd& end) {
  const std::string text = "\n" + end.errors;
  const size_t begin = text.rfind("\nerror: ");
  if (begin == std::string::npos) {
    return plugin_error(
        fmt::format("a plugin ended the process in which the plan was tried ({})",
                    WIFSIGNALED(end.status) ? strsignal(WTERMSIG(end.status))
                                            : fmt::format("exit code {}", WEXITSTATUS(end.status))),
        {},
        "`vernier plugins` lists the plugins; leave out those from outside one by one to find which it is");
  }
  Diagnostic found;
  size_t line_begin = begin + 1;
  for (int i = 0; line_begin < text.size(); ++i) {
    const size_t line_end = std::min(text.find('\n', line_begin), text.size());
    const std::string line = text.substr(line_begin, line_end - line_begin);
    line_begin = line_end + 1;
    if (i == 0)
      found.what = line.substr(std::strlen("error: "));
    else if (line.starts_with("  at "))
      found.where = line.substr(std::strlen("  at "));
    else if (line.starts_with("  "))
      found.hint += (found.hint.empty() ? "" : "; ") + line.substr(2);
  }
  const int code = WIFEXITED(end.status) ? WEXITSTATUS(end.status) : 0;
  const bool is_ours =
      code == static_cast<int>(ErrorKind::kData) || code == static_cast<int>(ErrorKind::kInternal);
  return {is_ours ? static_cast<ErrorKind>(code) : ErrorKind::kPlugin, std::move(found)};
}

}  // namespace

bool wants_trial(const Recipe& recipe, const Catalog& catalog, const SearchOptions& search) {
  if (recipe.runtime.isolate) return *recipe.runtime.isolate;
  std::vector<PathPlace> ours;
  for (const auto& [level, folder] : search_places(search)) {
    if (level >= SearchLevel::kBinary) ours.emplace_back(folder);
  }
  return std::any_of(catalog.plugins().begin(), catalog.plugins().end(), [&](const CatalogPlugin& plugin) {
    const PathPlace place(plugin.file);
    return std::none_of(ours.begin(), ours.end(),
                        [&](const PathPlace& folder) { return place.is_inside(folder); });
  });
}

void try_apart(const SessionOptions& options, const Recipe& recipe, TrialScope scope) {
  const std::filesystem::path program = program_beside("vernier");
  if (program.empty()) {
    constexpr const char* kMissing =
        "the program vernier is not beside this one, so plugins are not tried apart";
    if (recipe.runtime.isolate)
      throw usage_error(kMissing, recipe.where("/runtime/isolate"), "install it in the same folder");
    spdlog::warn("{}", kMissing);
    return;
  }
  ChildCall call;
  call.arguments = {program.string(), "trial"};
  for (const std::string& one : options.overrides) call.arguments.push_back("--set=" + one);
  call.arguments.push_back("--set=runtime.isolate=false");
  for (const auto& file : options.plugin_files) call.arguments.push_back("--plugin=" + file.string());
  if (scope == TrialScope::kTraces) call.arguments.emplace_back("--traces");
  call.arguments.insert(call.arguments.end(), {"--", options.recipe.string()});
  call.keeps_errors = true;
  call.kept_bytes = kMostOfAnswer;
  const ChildEnd end = *run_child(call, std::nullopt, options.run_control());
  if (!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0) throw last_words(end);
  if (const std::optional<Error> error = error_of_answer(end.output)) throw *error;
  if (!is_good_answer(end.output)) throw last_words(end);
}

}  // namespace vernier::core
