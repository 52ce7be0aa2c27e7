#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/synthesize.h"

namespace vernier::app {

void add_synthesize(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "synthesize", "write a checkpoint of random numbers from a description of its tensors");
  auto description = std::make_shared<std::string>();
  auto out = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("DESCRIPTION", *description, "JSON file: config, tensors, seed")->required();
  command->add_option("--out", *out, "folder of the checkpoint")->required()->type_name("DIR");
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([description, out, json] {
    ProgressView progress(ProgressForm::kNone);
    core::synthesize(*description, *out, controlled_by_signals(progress));
    if (*json)
      put("{}\n", core::json_text({{"checkpoint", *out}}, 2));
    else
      put("{}\n", *out);
  });
}

}  // namespace vernier::app
