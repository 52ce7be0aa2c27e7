// A call into a child that failed leaves no trace: a wrapper that catches its error goes on as if it had
// never asked.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/temp_folder.h"
#include "support/tensors.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

struct Outcome {
  std::string file;
  nlohmann::json qparams;
};

Outcome run_catches(const std::filesystem::path& folder, int tries) {
  test::write_file(folder / "checkpoint/config.json", "{}");
  const nlohmann::json recipe = {
      {"version", 1},
      {"model",
       {{"checkpoint", (folder / "checkpoint").string()},
        {"module", ""},
        {"type", "Catches"},
        {"config", {{"tries", tries}}}}},
      {"quantization",
       {{"activation", {{"observer", "catches"}, {"dtype", "uint8"}}},
        {"weight", {{"observer", "catches"}, {"dtype", "uint8"}, {"granularity", "tensor"}}}}},
      {"calibration",
       {{"inputs", {{"kind", "safetensors"}, {"path", (folder / "inputs.safetensors").string()}}}}},
      {"export", {{{"backend", "catches"}, {"file", "out.txt"}}}}};
  const std::filesystem::path file = folder / ("recipe" + std::to_string(tries) + ".json");
  test::write_file(file, recipe.dump());
  SessionOptions options;
  options.recipe = file;
  options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/catches/catches.so"};
  options.out = folder / ("run" + std::to_string(tries));
  options.device = &make_reference_device;
  run(options);
  return {test::read_file(*options.out / "out.txt"),
          nlohmann::json::parse(test::read_file(*options.out / "qparams.json"))};
}

TEST(FailedCall, AWrapperThatCatchesGoesOnAsIfItHadNeverAsked) {
  const test::TempFolder folder;
  test::write_tensors(
      folder / "checkpoint/model.safetensors",
      {{"weight", test::ramp({2, 4})}, {"late.weight", test::ramp({2, 4})}, {"late.scale", test::ramp({1})}});
  test::write_tensors(folder / "inputs.safetensors", {{"x.0", test::ramp({2, 4})}});
  const Outcome without = run_catches(folder.path(), 0), with = run_catches(folder.path(), 1);
  EXPECT_EQ(with.file, without.file);
  EXPECT_EQ(with.qparams, without.qparams);
  EXPECT_EQ(with.file, "x\nrelu\nweight\nweight.float\nadd\nact\n: relu\n: dequantize\n: add\n: quantize\n");
}

}  // namespace
}  // namespace vernier::core
