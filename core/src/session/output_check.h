// No output may be an input or another output; checked before anything is written.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "file/path_place.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"

namespace vernier::core {

class Catalog;

class OutputCheck {
 public:
  // What a file is, and where the user said so: "the checkpoint", "a.json:5:40 (/model/checkpoint)".
  struct Named {
    std::string what;
    std::string where;
    PathPlace place;
  };

  // `shown` is the output folder as the user knows it. `is_ours`: false where single files go into a folder
  // of the user's, which may hold anything.
  OutputCheck(std::filesystem::path folder, std::string shown, bool is_ours = true);

  // Call all of these before the first output.
  void add_input(const std::filesystem::path& file, const std::string& what, const std::string& where);
  // With all that lies in it, links followed: an output may not be written below it.
  void add_input_folder(const std::filesystem::path& folder, const std::string& what,
                        const std::string& where);
  // A path whose name holds {sample} or {input}: all files that fit it, those that do not exist yet too.
  void add_input_pattern(const std::filesystem::path& pattern, const std::string& what,
                         const std::string& where);

  // A file below the output folder. Throws Error (kUsage) naming both places where it is an input, lies in an
  // input folder, holds an input, is another output or leads out of the output folder; Error (kData) where a
  // folder or a special file stands at its place.
  void add_output(const std::filesystem::path& relative, const std::string& what, const std::string& where);

 private:
  struct Input {
    Named named;
    bool is_folder = false;
    std::set<FileId> content;  // of a folder
    std::string pattern;       // a regular expression over the name in the folder `named.place`
  };
  struct Output {
    Named named;
    std::filesystem::path path;
  };
  void check_folder() const;
  void look_again();
  void check_place(const std::filesystem::path& path, const Named& output) const;

  std::filesystem::path folder_;
  std::string shown_;
  bool is_ours_;
  PathPlace root_;
  PathPlace previous_;  // for inputs, which all come before the first output
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
};

// All that the recipe reads, the journal included.
void add_inputs(OutputCheck& check, const SessionOptions& options, const Recipe& recipe,
                const Catalog& catalog);

// Every input and every output of a run that can be known before it runs; companions are added when a backend
// asks for them. Throws Error as add_output() does.
[[nodiscard]] OutputCheck check_outputs(const SessionOptions& options, const Recipe& recipe,
                                        const Catalog& catalog);

}  // namespace vernier::core
