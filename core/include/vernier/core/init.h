// A first recipe for a model: the folder, a target and a precision are enough.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

struct InitOptions {
  std::filesystem::path model;   // folder with config.json
  std::string target;            // "circle", "tflite", …: of a preset
  std::string precision;         // "w8a16", …
  std::filesystem::path recipe;  // that will be written: paths in it are relative to its folder
  // Lines of text (.txt), rows (.csv) or requests (.jsonl) to calibrate on; and others to evaluate on. Empty:
  // the last 16 of `samples`, which then do not calibrate; of fewer than 32, all are for both.
  std::filesystem::path samples, evaluation;
  std::string column;  // of .csv files, or a key of .jsonl objects; empty: none
  // Of each sample; of a program, of prompt and answer. Not set: 128; of a program the first of 128, 256, …,
  // 4096 that has room for what the model brings, such as the soft tokens of a picture.
  std::optional<int64_t> tokens;
  // Of a program, besides "sequence": "image_slots" -> "108". A value is JSON if it parses as such, else
  // text.
  std::vector<std::pair<std::string, std::string>> profile;
  std::vector<std::filesystem::path> plugin_files;
  bool has_absolute_paths = false;  // in the recipe, which lies where the user never looks
  const RunControl* control = nullptr;
};

// Writes options.recipe, which must not exist: it extends the preset TARGET_PRECISION and names model and
// samples. Where a program is for the architecture, the recipe is for the whole program. Returns its text.
// Throws Error (kUsage): no such preset, with those of the target; no wrapper or program for the
// architecture, with what is served; a file that is not there; a recipe that is; no processor that makes
// samples of lines; a profile for a model without a program. Throws Error (kData) where config.json cannot be
// read or names no architecture. [any thread]
std::string init_recipe(const InitOptions& options);

}  // namespace vernier::core
