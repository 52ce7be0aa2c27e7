#include "session/trial.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "calls/message.h"
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

TrialCalls read_record(std::unique_ptr<ScratchFile> file, const RecordPlace& record) {
  if (record.call_bytes > kMostCallBytes || record.table_bytes > uint64_t{1} << 40)
    throw plugin_error("what the wrappers did where the plan was tried is damaged: it is too large");
  std::vector<std::byte> message(static_cast<size_t>(record.call_bytes));
  file->read(record.table_bytes, message);
  return {read_calls(message), std::move(file), record.table_bytes};
}

// A plugin from outside the folders that come with the program.
bool has_foreign(const Catalog& catalog, const SearchOptions& search) {
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

// Of the values given to --set the last one counts; one that is no boolean is told where the recipe is read.
std::optional<bool> isolate_of(const std::vector<std::string>& overrides) {
  constexpr std::string_view kKey = "runtime.isolate=";
  std::optional<bool> found;
  for (const std::string& one : overrides) {
    if (!one.starts_with(kKey)) continue;
    const std::string value = one.substr(kKey.size());
    if (value == "true" || value == "false") found = value == "true";
  }
  return found;
}

// `vernier` with these arguments. `must_run`: the user said so at `where`.
std::optional<TrialCalls> run_trial(std::vector<std::string> arguments, const std::string& where,
                                    bool must_run, const RunControl& control) {
  const std::filesystem::path program = program_beside("vernier");
  if (program.empty()) {
    constexpr const char* kMissing =
        "the program vernier is not beside this one, so plugins are not tried apart";
    if (must_run) throw usage_error(kMissing, where, "install it in the same folder");
    spdlog::warn("{}", kMissing);
    return std::nullopt;
  }
  ChildCall call;
  call.arguments = std::move(arguments);
  call.arguments.insert(call.arguments.begin(), program.string());
  auto file = std::make_unique<ScratchFile>("what wrappers do");
  call.descriptors = {{file->descriptor(), kRecordDescriptor}};
  call.keeps_errors = true;
  call.kept_bytes = kMostOfAnswer;
  const ChildEnd end = *run_child(call, std::nullopt, control);
  if (!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0) throw last_words(end);
  if (const std::optional<Error> error = error_of_answer(end.output)) throw *error;
  const std::optional<RecordPlace> record = record_of_answer(end.output);
  if (!record) throw last_words(end);
  return read_record(std::move(file), *record);
}

}  // namespace

bool wants_trial(const Recipe& recipe, const Catalog& catalog, const SearchOptions& search) {
  return recipe.runtime.isolate.value_or(has_foreign(catalog, search));
}

std::optional<TrialCalls> try_apart(const SessionOptions& options, const Recipe& recipe, TrialScope scope) {
  std::vector<std::string> arguments = {"trial"};
  for (const std::string& one : options.overrides) arguments.push_back("--set=" + one);
  arguments.emplace_back("--set=runtime.isolate=false");
  for (const auto& file : options.plugin_files) arguments.push_back("--plugin=" + file.string());
  if (scope == TrialScope::kTraces) arguments.emplace_back("--traces");
  arguments.insert(arguments.end(), {"--", options.recipe.string()});
  const bool must_run = recipe.runtime.isolate.has_value();
  return run_trial(std::move(arguments), must_run ? recipe.where("/runtime/isolate") : "", must_run,
                   options.run_control());
}

std::optional<TrialCalls> declare_apart(const SmokeOptions& options, const Catalog& catalog,
                                        const std::string& type, const std::string& name) {
  const std::optional<bool> isolate = isolate_of(options.overrides);
  SearchOptions search;
  search.files = options.plugin_files;
  if (!isolate.value_or(has_foreign(catalog, search))) return std::nullopt;
  std::vector<std::string> arguments = {"trial-smoke"};
  for (const auto& file : options.plugin_files) arguments.push_back("--plugin=" + file.string());
  arguments.insert(arguments.end(), {"--", type, name});
  return run_trial(std::move(arguments), "--set runtime.isolate=true", isolate.has_value(),
                   options.run_control());
}

}  // namespace vernier::core
