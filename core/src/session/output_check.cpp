#include "session/output_check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <system_error>

#include "file/output_folder.h"
#include "file/temporary.h"
#include "plugin/catalog.h"
#include "session/prepare.h"
#include "text/regex_ready.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEntries = 100000;  // of an input folder; beyond, a file in it is known by its path only
constexpr const char* kOtherName = "choose another --out, or another name for the file";

std::set<FileId> content_of(const fs::path& folder) {
  std::set<FileId> found;
  std::error_code failure;
  constexpr auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, failure), end;
       !failure && it != end && found.size() < kMostEntries; it.increment(failure)) {
    // A link to a folder elsewhere would make all that lies there a part of the input.
    struct stat status {};
    const bool is_there = ::stat(it->path().c_str(), &status) == 0;
    if (is_there && !(S_ISDIR(status.st_mode) && it->is_symlink(failure)))
      found.insert({status.st_dev, status.st_ino});
  }
  return found;
}

// "x_{sample}.npy" as a regular expression.
std::string expression_of(const std::string& pattern) {
  std::string text;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern.compare(i, 8, "{sample}") == 0) {
      text += "[0-9]+";
      i += 8;
    } else if (pattern.compare(i, 7, "{input}") == 0) {
      text += ".+";
      i += 7;
    } else {
      if (std::isalnum(static_cast<unsigned char>(pattern[i])) == 0) text += '\\';
      text += pattern[i++];
    }
  }
  return text;
}

Error clash(const std::string& what, const OutputCheck::Named& output, const OutputCheck::Named& other) {
  return usage_error(what, fmt::format("{} and {}", output.where, other.where), kOtherName);
}

}  // namespace

OutputCheck::OutputCheck(fs::path folder, std::string shown, bool is_ours)
    : folder_(std::move(folder)),
      shown_(std::move(shown)),
      is_ours_(is_ours),
      root_(folder_),
      previous_(folder_ / kPreviousFolder) {}

void OutputCheck::add_input(const fs::path& file, const std::string& what, const std::string& where) {
  inputs_.push_back({{what, where, PathPlace(file)}, false, {}, {}});
  check_folder();
}

void OutputCheck::add_input_folder(const fs::path& folder, const std::string& what,
                                   const std::string& where) {
  inputs_.push_back({{what, where, PathPlace(folder)}, true, content_of(folder), {}});
  check_folder();
}

void OutputCheck::add_input_pattern(const fs::path& pattern, const std::string& what,
                                    const std::string& where) {
  const std::string expression = expression_of(pattern.filename().string());
  inputs_.push_back({{what, where, PathPlace(pattern.parent_path())}, false, {}, expression});
  ready_for_regex();
  const std::regex fits(expression);
  std::error_code failure;
  for (fs::directory_iterator it(pattern.parent_path(), failure), end; !failure && it != end;
       it.increment(failure)) {
    if (std::regex_match(it->path().filename().string(), fits)) add_input(it->path(), what, where);
  }
}

// The newest input against the output folder itself.
void OutputCheck::check_folder() const {
  if (!is_ours_) return;
  const Input& input = inputs_.back();
  const Named folder{"the output folder", shown_, root_};
  if (!input.is_folder && input.named.place.is_same(root_))
    throw clash(fmt::format("the output folder {} is {}", folder_.string(), input.named.what), folder,
                input.named);
  if (input.is_folder && input.named.place.is_inside(root_))
    throw clash(fmt::format("the output folder {} holds {}", folder_.string(), input.named.what), folder,
                input.named);
  if (input.named.place.is_inside(previous_))
    throw clash(fmt::format("{} is among the earlier files that the output folder {} keeps, which a run may "
                            "remove",
                            input.named.what, folder_.string()),
                folder, input.named);
}

void OutputCheck::add_output(const fs::path& relative, const std::string& what, const std::string& where) {
  look_again();
  const fs::path path = folder_ / relative;
  const Named output{what, where, PathPlace(path)};
  for (const Input& input : inputs_) {
    const PathPlace& place = input.named.place;
    const bool is_in_content = std::any_of(output.place.existing().begin(), output.place.existing().end(),
                                           [&](const FileId& id) { return input.content.contains(id); });
    const bool fits_pattern = !input.pattern.empty() && PathPlace(path.parent_path()).is_same(place) &&
                              std::regex_match(path.filename().string(), std::regex(input.pattern));
    if ((input.pattern.empty() && output.place.is_same(place)) || fits_pattern)
      throw clash(fmt::format("{} {} would overwrite {}", what, path.string(), input.named.what), output,
                  input.named);
    if (input.is_folder && (output.place.is_inside(place) || is_in_content))
      throw clash(fmt::format("{} {} would be written into {}", what, path.string(), input.named.what),
                  output, input.named);
    if (place.is_inside(output.place))
      throw clash(fmt::format("{} {} is a folder that holds {}", what, path.string(), input.named.what),
                  output, input.named);
  }
  for (const auto& [other, other_path] : outputs_) {
    if (output.place.is_same(other.place) || output.place.is_inside(other.place) ||
        other.place.is_inside(output.place))
      throw clash(fmt::format("{} {} and {} would have one name", what, path.string(), other.what), output,
                  other);
  }
  check_place(path, output);
  outputs_.push_back({output, path});
}

// The folders above an output folder come into being with the first file of a run: what was a name below a
// folder that exists is then a folder itself, and places of both kinds are not compared.
void OutputCheck::look_again() {
  PathPlace now(folder_);
  if (now.existing().size() == root_.existing().size()) return;
  root_ = std::move(now);
  for (auto& [named, path] : outputs_) named.place = PathPlace(path);
}

void OutputCheck::check_place(const fs::path& path, const Named& output) const {
  const PathPlace parent(path.parent_path());
  if (!parent.is_same(root_) && !parent.is_inside(root_))
    throw usage_error(fmt::format("{} {} leads out of the output folder, to {}", output.what, path.string(),
                                  parent.real().string()),
                      output.where, "replace the symbolic link by a folder");
  const fs::path relative = path.lexically_relative(folder_);
  if (OutputFolder::is_reserved(relative))
    throw usage_error(fmt::format("{} is a name that the output folder keeps for itself", relative.string()),
                      output.where, kOtherName);
  for (const fs::path& part : relative) {
    if (is_temporary_name(part.string()))
      throw usage_error(fmt::format("{} is a name for temporary files", part.string()), output.where,
                        kOtherName);
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  const bool is_file = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
  if (!is_file)
    throw data_error(fmt::format("{} cannot be written: {} is {}", output.what, path.string(),
                                 S_ISDIR(status.st_mode) ? "a folder" : "no regular file"),
                     output.where, "move it away, or choose another --out");
}

namespace {

void add_data(OutputCheck& check, const Recipe& recipe, const RecipeData& data, const char* what,
              const std::string& pointer) {
  const auto path = data.inputs->find("path");
  if (path == data.inputs->end() || !path->is_string()) return;
  const fs::path file = path->get<std::string>();
  if (file.filename().string().find('{') != std::string::npos)
    check.add_input_pattern(file, what, recipe.where(pointer));
  else
    check.add_input(file, what, recipe.where(pointer));
}

void add_libraries(OutputCheck& check, const SessionOptions& options, const Recipe& recipe,
                   const Catalog& catalog) {
  for (const fs::path& file : options.plugin_files)
    check.add_input(file, "a plugin library", "--plugin " + file.string());
  for (size_t i = 0; i < recipe.plugins.search.size(); ++i) {
    const std::string where = recipe.where(fmt::format("/plugins/search/{}", i));
    std::error_code failure;
    for (fs::directory_iterator it(recipe.plugins.search[i], failure), end; !failure && it != end;
         it.increment(failure)) {
      if (it->path().extension() == ".so") check.add_input(it->path(), "a plugin library", where);
    }
  }
  for (const CatalogPlugin& plugin : catalog.plugins())
    check.add_input(plugin.file, "a plugin library", plugin.file.string());
}

}  // namespace

void add_inputs(OutputCheck& check, const SessionOptions& options, const Recipe& recipe,
                const Catalog& catalog) {
  check.add_input(options.recipe, "the recipe", options.recipe.string());
  for (const fs::path& file : recipe.extended)
    check.add_input(file, "a recipe that it extends", recipe.where("/extends"));
  const std::string checkpoint = recipe.where("/model/checkpoint");
  std::error_code ignored;
  if (fs::is_directory(recipe.model.checkpoint, ignored))
    check.add_input_folder(recipe.model.checkpoint, "the checkpoint", checkpoint);
  else
    check.add_input(recipe.model.checkpoint, "the checkpoint", checkpoint);
  for (const RecipeUnit& unit : recipe.units) {
    add_data(check, recipe, unit.calibration, "a calibration input",
             unit.calibration_pointer + "/inputs/path");
    add_data(check, recipe, unit.evaluation, "an evaluation input", unit.pointer + "/evaluation/inputs/path");
  }
  if (!recipe.quantization.from.empty())
    check.add_input(recipe.quantization.from, "the qparams that the recipe reads",
                    recipe.where("/quantization/from"));
  add_libraries(check, options, recipe, catalog);
  if (options.journal)
    check.add_input_folder(*options.journal, "the journal", "--journal " + options.journal->string());
  else if (!recipe.runtime.journal.empty())
    check.add_input_folder(recipe.runtime.journal, "the journal", recipe.where("/runtime/journal"));
}

OutputCheck check_outputs(const SessionOptions& options, const Recipe& recipe, const Catalog& catalog) {
  const fs::path out = output_folder(options, recipe);
  const std::string shown =
      options.out ? "--out " + out.string() : "the default output folder " + out.string();
  OutputCheck check(out, shown);
  add_inputs(check, options, recipe, catalog);
  for (const char* name : {"report.json", "report.html", "qparams.json", "recipe.effective.json"})
    check.add_output(name, "the output", shown);
  if (options.save_outputs) check.add_output("outputs.safetensors", "the output", "--save-outputs");
  for (size_t i = 0; i < recipe.exports.size(); ++i)
    check.add_output(recipe.exports[i].file, "the export", recipe.where(recipe.exports[i].pointer + "/file"));
  return check;
}

}  // namespace vernier::core
