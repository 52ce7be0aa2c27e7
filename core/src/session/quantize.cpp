// `vernier quantize`: the recipe that init makes, run in a folder of its own; what a user wants of it is
// moved.
#include "vernier/core/quantize.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "file/temporary_folder.h"
#include "plugin/find_plugins.h"
#include "session/output_check.h"
#include "session/recipe_plugins.h"
#include "text/quote.h"
#include "vernier/core/presets.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipeName = "the recipe that --recipe FILE keeps";

fs::path report_data_of(const fs::path& file) { return file.string() + ".report.json"; }

// By the ends of the files that presets write.
std::string target_of(const fs::path& file) {
  std::map<std::string, std::set<std::string>> targets;  // by end
  const nlohmann::json rows = Presets::find({}).to_json();
  for (const nlohmann::json& row : rows) {
    if (row.contains("error")) continue;
    const nlohmann::json content = Presets::content(row.at("file").get<std::string>());
    for (const nlohmann::json& one : content.value("export", nlohmann::json::array()))
      targets[fs::path(one.value("file", "")).extension().string()].insert(
          row.at("target").get<std::string>());
  }
  const auto found = targets.find(file.extension().string());
  if (found != targets.end() && found->second.size() == 1) return *found->second.begin();
  if (found != targets.end())
    throw usage_error(
        fmt::format("{} may be for {}", file.filename().string(), fmt::join(found->second, " or ")),
        "-o " + file.string(), "say which with --target");
  std::vector<std::string> ends;
  for (const auto& [end, names] : targets) {
    if (!end.empty()) ends.push_back(fmt::format("{} for {}", end, fmt::join(names, ", ")));
  }
  throw usage_error(
      fmt::format("no target writes a file that ends as {} does", in_quotes(file.filename().string())),
      "-o " + file.string(),
      fmt::format("ends: {}; or say what runs the file with --target", fmt::join(ends, ", ")));
}

// The nearest folder above `path` that is there: on the file system on which `path` will be.
fs::path existing_folder(const fs::path& path) {
  fs::path folder = fs::absolute(path).lexically_normal().parent_path();
  std::error_code ignored;
  while (!fs::is_directory(folder, ignored) && folder != folder.parent_path()) folder = folder.parent_path();
  return folder;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

class Quantize {
 public:
  explicit Quantize(const QuantizeOptions& options)
      : options_(options), stage_(existing_folder(options.file)) {}

  RunResult run() {
    session_.recipe = stage_.path() / "recipe.json";
    session_.recipe_name = kRecipeName;
    session_.overrides = options_.overrides;
    session_.overrides.push_back("export.0.file=" + options_.file.filename().string());
    session_.plugin_files = options_.init.plugin_files;
    session_.journal = options_.journal;
    session_.out = stage_.path() / "out";
    session_.device = options_.device;
    session_.control = options_.init.control;
    try {
      return staged_run();
    } catch (const Error& error) {
      throw in_users_words(error);
    }
  }

 private:
  RunResult staged_run() {
    write_recipe();
    OutputCheck check = checked_outputs();
    keep_recipe();
    RunResult result = run_to_verdict(session_);
    publish(check, !result.not_met.has_value());
    result.out = options_.file.parent_path();
    if (result.not_met) result.not_met = in_users_words(*result.not_met);
    return result;
  }

  void write_recipe() {
    init_ = options_.init;
    if (init_.target.empty()) init_.target = target_of(options_.file);
    InitOptions staged = init_;
    staged.recipe = session_.recipe;
    staged.has_absolute_paths = true;
    init_recipe(staged);
  }

  void keep_recipe() {
    if (options_.init.recipe.empty()) return;
    init_recipe(init_);
    session_.recipe = options_.init.recipe;
    session_.recipe_name.clear();
  }

  // Before anything runs.
  [[nodiscard]] OutputCheck checked_outputs() const {
    if (load_recipe(session_.recipe).model.program)
      throw usage_error("this model becomes several files, in a folder", "-o " + options_.file.string(),
                        "`vernier init` writes a recipe for it, `vernier run` makes the folder");
    const Recipe recipe = load_recipe(session_.recipe, session_.overrides);
    const std::string shown = "-o " + options_.file.string();
    const fs::path folder = fs::absolute(options_.file).lexically_normal().parent_path();
    OutputCheck check(folder, shown, /*is_ours=*/false);
    const Resolution found =
        find_plugins(recipe_search(recipe, session_.plugin_files), {}, session_.run_control());
    add_inputs(check, session_, recipe, found.catalog);
    if (!options_.init.recipe.empty())
      check.add_input(options_.init.recipe, "the recipe", "--recipe " + options_.init.recipe.string());
    check.add_output(options_.file.filename(), "the model", shown);
    check.add_output(report_page_of(options_.file).filename(), "the report", shown);
    check.add_output(report_data_of(options_.file).filename(), "the report", shown);
    return check;
  }

  // The report before is of the model before: it goes first, so that no moment has one beside another's
  // model.
  void publish(OutputCheck& check, bool is_complete) const {
    const fs::path out = *session_.out, folder = existing_parent();
    const std::array<fs::path, 2> reports = {report_data_of(options_.file), report_page_of(options_.file)};
    std::vector<fs::path> models;
    static const std::set<std::string> accounts = {"report.json", "report.html", "qparams.json",
                                                   "recipe.effective.json", ".vernier-outputs.json"};
    for (const auto& entry : fs::directory_iterator(out)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || accounts.contains(name)) continue;
      models.push_back(entry.path());
      if (name != options_.file.filename())
        check.add_output(name, "the companion file", "-o " + options_.file.string());
    }
    for (const fs::path& report : reports) fs::remove(report);
    for (const fs::path& model : models) {
      if (is_complete) fs::rename(model, folder / model.filename());
    }
    fs::rename(out / "report.json", reports[0]);
    fs::rename(out / "report.html", reports[1]);
  }

  [[nodiscard]] fs::path existing_parent() const {
    fs::path folder = fs::absolute(options_.file).lexically_normal().parent_path();
    fs::create_directories(folder);
    return folder;
  }

  // The user knows no stage.
  [[nodiscard]] Error in_users_words(const Error& error) const {
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    const std::string out = session_.out->string(), folder = options_.file.parent_path().string();
    const auto reworded = [&](std::string text) {
      text = replaced(std::move(text), out + "/report.json", report_data_of(options_.file).string());
      if (!session_.recipe_name.empty())
        text = replaced(std::move(text), session_.recipe.string(), session_.recipe_name.string());
      text = replaced(std::move(text), out + "/", folder.empty() ? "" : folder + "/");
      text = replaced(std::move(text), "another --out", "another -o");
      return replaced(std::move(text), "--out " + out, "-o " + options_.file.string());
    };
    for (Diagnostic& one : diagnostics) {
      one.what = reworded(one.what);
      one.where = reworded(one.where);
      one.hint = reworded(one.hint);
    }
    return Error(error.kind(), std::move(diagnostics)).with(error.status());
  }

  const QuantizeOptions& options_;
  const TemporaryFolder stage_;
  InitOptions init_;  // with a target
  SessionOptions session_;
};

}  // namespace

fs::path report_page_of(const fs::path& file) { return file.string() + ".report.html"; }

RunResult quantize(const QuantizeOptions& options) {
  if (options.file.filename().empty())
    throw usage_error("-o names a folder, not a file", "-o " + options.file.string(),
                      "for example -o model.tflite");
  try {
    return Quantize(options).run();
  } catch (const fs::filesystem_error& error) {
    throw data_error(fmt::format("{} cannot be written: {}", options.file.string(), error.code().message()),
                     error.path1().string(), "look at the disk and the folder's permissions");
  }
}

}  // namespace vernier::core
