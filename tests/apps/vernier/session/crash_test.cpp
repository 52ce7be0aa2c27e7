// A plugin that crashes while it works: the program says whose call it was, ends with its documented code,
// leaves nothing half-written.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/temp_folder.h"
#include "vernier/core/synthesize.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;

class Crash : public ::testing::Test {
 protected:
  Crash() {
    write_file(folder_ / "description.json",
               R"({"seed": 1, "config": {}, "tensors": [{"name": "dense.weight", "dtype": "float32",)"
               R"( "shape": [3, 4], "distribution": "normal", "mean": 0, "std": 1}]})");
    core::synthesize(folder_ / "description.json", folder_ / "checkpoint");
    write_file(folder_ / "run" / "kept.txt", "a run before this one");
  }
  Outcome run(const nlohmann::json& config,
              const nlohmann::json& backend_options = nlohmann::json::object()) {
    const nlohmann::json recipe = {
        {"version", 1},
        {"model", {{"checkpoint", "checkpoint"}, {"module", ""}, {"type", "Misbehaves"}, {"config", config}}},
        {"quantization", {{"weight", {{"observer", "identity"}}}}},
        {"runtime", {{"isolate", false}}},  // what the host does where no trial comes first
        {"calibration",
         {{"inputs",
           {{"kind", "synthetic"},
            {"inputs", {{"input", {{"shape", {2, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
          {"samples", 1}}},
        {"export", {{{"backend", "misbehaves"}, {"file", "out.bin"}, {"options", backend_options}}}}};
    write_file(folder_ / "recipe.json", recipe.dump(2));
    const std::string plugin = VERNIER_BINARY_DIR "/fixtures/misbehaves/misbehaves.so";
    return run_vernier("run " + (folder_ / "recipe.json").string() + " --out " + (folder_ / "run").string() +
                           " --plugin " + plugin,
                       "VERNIER_TEST_CHECKPOINT=" + (folder_ / "checkpoint/model.safetensors").string());
  }
  void expect_nothing_written() {
    EXPECT_EQ(files_in(folder_ / "run"), 1u) << "only the file that was there";
  }

  TempFolder folder_;
};

TEST_F(Crash, OfAWrapperNamesItsModuleAndPlugin) {
  for (const char* fault : {"writes to nowhere", "never ends"}) {
    const Outcome outcome = run({{"fault", fault}});
    EXPECT_EQ(outcome.exit_code, 3) << fault << "\n" << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("a call into a plugin crashed (segmentation fault)")) << fault;
    EXPECT_THAT(outcome.text, HasSubstr("(plugin org.example.fixture.misbehaves)")) << fault;
    expect_nothing_written();
  }
}

TEST_F(Crash, OfABackendRemovesWhatItHadWritten) {
  const Outcome outcome = run(nlohmann::json::object(), {{"fault", "aborts"}});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("a call into a plugin crashed (abort)"));
  EXPECT_THAT(outcome.text, HasSubstr("(plugin org.example.fixture.misbehaves)"));
  expect_nothing_written();
}

TEST_F(Crash, OfAFileThatBecomesShorterNamesTheFile) {
  const Outcome outcome = run({{"fault", "shortens the checkpoint"}});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("the file became shorter while it was read"));
  EXPECT_THAT(outcome.text, HasSubstr("checkpoint/model.safetensors"));
  expect_nothing_written();
}

}  // namespace
}  // namespace vernier::test
