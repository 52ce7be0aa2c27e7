#include "session/float_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "session/recipe_program.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

SessionOptions session_of(const FolderOptions& folder, const DeviceFactory& device) {
  SessionOptions options;
  options.recipe = folder.folder / "recipe.effective.json";
  options.plugin_files = folder.plugin_files;
  options.control = folder.control;
  options.device = device;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(options.recipe, ignored))
    throw data_error("recipe.effective.json is not there, which says what the float model is",
                     options.recipe.string(),
                     "compare where `vernier run` wrote the folder, or leave out --compare");
  return options;
}

Prepared prepared(const SessionOptions& options) {
  try {
    return prepare(options);
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw with_note(error, {"the float model was wanted to compare with", options.recipe.string(),
                            "leave out --compare where the checkpoint is not at hand"});
  }
}

}  // namespace

FloatProgram::FloatProgram(const FolderOptions& folder, const DeviceFactory& device)
    : options_(session_of(folder, device)), p_(prepared(options_)) {
  if (p_.program == nullptr)
    throw usage_error("the recipe has no program", options_.recipe.string(),
                      "compare the folder of a whole program");
  device_ = options_.device(*p_.pool);
  p_.services->use_device(device_.get());
  codes_ = std::make_unique<KeptCodes>(*device_);
  units_ = std::make_unique<EntryUnits>(p_.program->made.program, *p_.services, *p_.tree, *device_,
                                        Reading::kFloat, codes_.get());
}

Generated FloatProgram::generate(const Request& request, const GenerationLimits& limits) {
  const Program& program = p_.program->made.program;
  ProgramRun run(program, *units_, options_.run_control());
  return core::generate(run, program, request, limits);
}

nlohmann::json float_json(const Generated& reference, const Generated& files) {
  const auto differ = std::ranges::mismatch(reference.tokens, files.tokens);
  return {{"tokens", reference.tokens},
          {"end", to_string(reference.end)},
          {"same_tokens", differ.in1 - reference.tokens.begin()}};
}

}  // namespace vernier::core
