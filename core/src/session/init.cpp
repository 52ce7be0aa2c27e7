#include "vernier/core/init.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "calibration/prompt_lines.h"
#include "checkpoint/checkpoint.h"
#include "file/atomic_file.h"
#include "plugin/catalog.h"
#include "session/smoke_run.h"
#include "text/quote.h"
#include "vernier/core/presets.h"
#include "vernier/core/programs.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr int64_t kTokens = 128, kMostTokens = 4096;
constexpr int kBatch = 8;          // samples of one length that calibration stacks
constexpr size_t kEvaluated = 16;  // samples that gates are held to

class Init {
 public:
  explicit Init(const InitOptions& options) : options_(options), catalog_(catalog_of(options)) {}

  std::string run() {
    require_files();
    const nlohmann::json found = find_preset();
    const std::string preset = found.at("preset");
    const std::string type = architecture();
    const bool is_program = !catalog_.programs_of(type).empty();
    const ComponentRef wrapper = catalog_.wrapper_for(type);
    if (!is_program && !wrapper) refuse_type(type);
    ordered_json recipe = {{"version", 1}, {"extends", preset}};
    recipe["model"] = {{"checkpoint", relative(options_.model)}};
    if (is_program) {
      recipe["model"]["program"] = true;
      recipe["model"]["profile"] = {{"sequence", sequence()}};
      for (const auto& [key, text] : options_.profile) {
        const ordered_json value = ordered_json::parse(text, nullptr, false);
        recipe["model"]["profile"][key] = value.is_discarded() ? ordered_json(text) : value;
      }
    } else if (!options_.profile.empty()) {
      throw usage_error(fmt::format("{} has no program, so no profile", type), "--profile",
                        "its length is --tokens");
    }
    recipe["calibration"] = {{"inputs", inputs(options_.samples, wrapper, is_program)}};
    const size_t apart = kept_apart();
    if (apart != 0) recipe["calibration"]["samples"] = apart;
    if (!is_program) recipe["calibration"]["batch_size"] = kBatch;
    const fs::path& evaluated = options_.evaluation.empty() ? options_.samples : options_.evaluation;
    recipe["evaluation"] = {{"inputs", inputs(evaluated, wrapper, is_program)},
                            {"samples", std::min(kEvaluated, lines_of(evaluated))}};
    if (apart != 0) recipe["evaluation"]["inputs"]["skip"] = apart;
    if (is_program)
      recipe["export"] = exports_by_unit(found.at("file").get<std::string>());
    else
      recipe["gates"] = {{"cosine", ">= 0.99"}};
    return fmt::format(
        "// {}. What stands here goes over the preset {}.\n"
        "// `vernier plan {}` says what would happen, `vernier run {}` does it.\n{}\n",
        one_line(type), preset, one_line(options_.recipe.filename().string()),
        one_line(options_.recipe.filename().string()), recipe.dump(2));
  }

 private:
  static Catalog catalog_of(const InitOptions& options) {
    SmokeOptions search;
    search.plugin_files = options.plugin_files;
    search.control = options.control;
    return find_catalog(search);
  }

  void require_files() const {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(options_.recipe, ignored)))
      throw usage_error("the recipe exists already", options_.recipe.string(),
                        "name another one with -o, or remove it");
    for (const auto& [file, option] :
         {std::pair{&options_.samples, "--text"}, {&options_.evaluation, "--evaluation"}}) {
      if (!file->empty() && !fs::is_regular_file(*file, ignored))
        throw usage_error("no such file", fmt::format("{} {}", option, file->string()),
                          "a line is a sample: text (.txt), or a JSON object (.jsonl)");
    }
  }

  // Of a program. Where no length fits, the plan says what is wrong.
  [[nodiscard]] int64_t sequence() const {
    if (options_.tokens) return *options_.tokens;
    for (int64_t tokens = kTokens; tokens <= kMostTokens; tokens *= 2) {
      ProgramOptions program;
      program.model = options_.model;
      program.plugin_files = options_.plugin_files;
      program.control = options_.control;
      program.profile = {fmt::format("sequence={}", tokens)};
      for (const auto& [key, value] : options_.profile)
        program.profile.push_back(fmt::format("{}={}", key, value));
      try {
        (void)describe_program(program);
        return tokens;
      } catch (const Error& error) {
        if (error.is_stop()) throw;
      }
    }
    return kTokens;
  }

  // A file of lines has none, whatever the other one has.
  [[nodiscard]] std::string column_of(const fs::path& file) const {
    return file.extension() == ".txt" ? std::string() : options_.column;
  }
  [[nodiscard]] size_t lines_of(const fs::path& file) const {
    return PromptLines(file, {column_of(file), 0}).size();
  }

  // How many lines calibrate where the others evaluate; 0: they are not told apart, because another file
  // evaluates or there are too few.
  [[nodiscard]] size_t kept_apart() const {
    if (!options_.evaluation.empty()) return 0;
    const size_t lines = lines_of(options_.samples);
    return lines >= 2 * kEvaluated ? lines - kEvaluated : 0;
  }

  // The row of the preset that fits.
  [[nodiscard]] nlohmann::json find_preset() const {
    const nlohmann::json rows = Presets::find({}, RunControl::none()).to_json();
    std::vector<std::string> targets, precisions;
    for (const nlohmann::json& row : rows) {
      if (row.contains("error")) continue;
      const auto target = row.at("target").get<std::string>(),
                 precision = row.at("precision").get<std::string>();
      if (target == options_.target && precision == options_.precision) return row;
      targets.push_back(target);
      if (target == options_.target) precisions.push_back(precision);
    }
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    if (precisions.empty())
      throw usage_error(fmt::format("no preset is for the target {}", in_quotes(options_.target)), "--target",
                        fmt::format("targets: {}", fmt::join(targets, ", ")));
    throw usage_error(
        fmt::format("no preset is {} for the target {}", in_quotes(options_.precision), options_.target),
        "--preset", fmt::format("for {}: {}", options_.target, fmt::join(precisions, ", ")));
  }

  [[nodiscard]] std::string architecture() const {
    const nlohmann::json config = read_model_config(options_.model);
    const auto found = config.find("architectures");
    if (found != config.end() && found->is_array() && !found->empty() && found->front().is_string())
      return found->front();
    throw data_error("config.json names no architecture", (options_.model / "config.json").string(),
                     "init wants the folder of a whole model, as Hugging Face has it");
  }

  [[noreturn]] void refuse_type(const std::string& type) const {
    throw usage_error(
        fmt::format("no plugin serves {}", in_quotes(type)),
        (options_.model / "config.json").string() + " (/architectures/0)",
        fmt::format("types that take tokens and are served: {}", fmt::join(token_types(), ", ")));
  }

  // Types whose entry takes tokens.
  [[nodiscard]] std::vector<std::string> token_types() const {
    std::vector<std::string> found;
    for (const std::string& type : catalog_.types()) {
      const EntryInfo* entry = catalog_.wrapper_for(type).component->entry("forward");
      if (entry != nullptr && std::ranges::find(entry->inputs, "input_ids") != entry->inputs.end())
        found.push_back(type);
    }
    return found;
  }

  // As the recipe's folder sees it; through a link there is no way back by "..".
  [[nodiscard]] std::string relative(const fs::path& path) const {
    const fs::path folder = fs::absolute(options_.recipe).parent_path();
    std::error_code ignored;
    const bool is_linked = fs::weakly_canonical(folder, ignored) != folder.lexically_normal();
    if (options_.has_absolute_paths || is_linked) return fs::absolute(path).lexically_normal().string();
    return fs::absolute(path).lexically_normal().lexically_relative(folder.lexically_normal()).string();
  }

  [[nodiscard]] ordered_json inputs(const fs::path& file, const ComponentRef& wrapper,
                                    bool is_program) const {
    const std::vector<std::string> processors = catalog_.names("processor");
    if (processors.empty())
      throw usage_error("no plugin makes samples of lines", "--text", "`vernier plugins` lists processors");
    ordered_json found = {{"kind", "prompts"}, {"path", relative(file)}, {"processor", processors.front()}};
    if (!column_of(file).empty()) found["column"] = column_of(file);
    if (is_program) return found;
    const nlohmann::json& schema = catalog_.find("processor", processors.front()).component->options;
    const auto set = [&](const char* key, const ordered_json& value) {
      if (schema.contains("properties") && schema.at("properties").contains(key))
        found["options"][key] = value;
    };
    set("tokens", options_.tokens.value_or(kTokens));
    set("truncate", true);
    if (const std::string dtype = dtype_of(wrapper, "input_ids"); !dtype.empty()) set("token_dtype", dtype);
    if (const std::string dtype = dtype_of(wrapper, "attention_mask"); !dtype.empty())
      set("mask_dtype", dtype);
    return found;
  }

  // Of an input of the wrapper, as its smoke cases have it; empty: nobody says.
  static std::string dtype_of(const ComponentRef& wrapper, const std::string& input) {
    for (const SmokeCase& one : wrapper.component->smoke) {
      const nlohmann::json& inputs = one.inputs;
      if (one.entry != "forward" || !inputs.contains(input)) continue;
      return inputs.at(input).value("dtype", "float32");
    }
    return {};
  }

  // The preset's, a file a unit.
  static ordered_json exports_by_unit(const fs::path& file) {
    ordered_json entries = ordered_json::array();
    for (const nlohmann::json& one : Presets::content(file).value("export", nlohmann::json::array())) {
      ordered_json entry = one;
      const std::string name = one.value("file", "");
      const size_t dot = name.find('.');
      entry["file"] = "{unit}" + (dot == std::string::npos ? "" : name.substr(dot));
      entry["verify"] = {{"samples", kEvaluated}};
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  const InitOptions& options_;
  const Catalog catalog_;
};

}  // namespace

std::string init_recipe(const InitOptions& options) {
  std::string text = Init(options).run();
  AtomicFile file(options.recipe);
  file.write(text);
  file.commit();
  return text;
}

}  // namespace vernier::core
