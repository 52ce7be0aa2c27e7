// Runs of the wrappers of a fixture, made_weights where nothing else is said.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "text/json_schema.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {

// Of recipe.json in `folder`, with the made_weights fixture, into its "out".
inline SessionOptions options_of_made_weights(const std::filesystem::path& folder) {
  SessionOptions result;
  result.recipe = folder / "recipe.json";
  result.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/made_weights/made_weights.so"};
  result.out = folder / "out";
  result.device = &make_reference_device;
  result.save_outputs = true;
  return result;
}

// A run of one wrapper of the made_weights fixture.
class WrapperWords : public ::testing::Test {
 protected:
  void type(const std::string& name, const Shape& input,
            const nlohmann::json& config = nlohmann::json::object()) {
    recipe_ = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", name},
          {"config", config}}},
        {"quantization", {{"weight", {{"dtype", "int8"}}}}},
        {"calibration",
         {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}},
        {"evaluation", {{"samples", 2}}},
        {"runtime", {{"isolate", false}}},
        {"export",
         {{{"backend", "circle"}, {"file", "m.circle"}, {"verify", {{"gates", {{"max_step", "<= 0"}}}}}}}}};
    inputs_ = {{"x.0", test::ramp(input)}, {"x.1", test::ramp(input)}};
  }
  SessionOptions options() {
    if (tensors_.empty()) tensors_["unused"] = test::ramp({1});
    test::write_tensors(folder_ / "checkpoint/model.safetensors", tensors_);
    test::write_tensors(folder_ / "inputs.safetensors", inputs_);
    test::write_file(folder_ / "checkpoint/config.json", model_config_);
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions result = options_of_made_weights(folder_.path());
    if (!plugin_.empty()) result.plugin_files = {fixture(plugin_)};
    return result;
  }
  static std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so");
  }
  nlohmann::json report() {
    nlohmann::json made = *run(options()).report;
    EXPECT_TRUE(validate_schema(read_json(source_file("schemas/report.schema.json")), made).empty());
    return made;
  }
  std::vector<float> output(const std::string& name) {
    return floats_of(Checkpoint::open(folder_ / "out/outputs.safetensors"), name);
  }
  nlohmann::json qparams(const std::string& site) {
    for (const nlohmann::json& row : read_json(folder_ / "out/qparams.json")) {
      if (row.at("site") == site) return row;
    }
    return nullptr;
  }
  static nlohmann::json row(const nlohmann::json& rows, const char* key, const std::string& name) {
    for (const nlohmann::json& one : rows) {
      if (one.at(key) == name) return one;
    }
    ADD_FAILURE() << name << " is in no row of " << rows.dump();
    return nullptr;
  }
  void refuses(ErrorKind kind, const std::string& text) {
    test::expect_error(kind, text, [&] { (void)plan(options()); });
  }

  test::TempFolder folder_;
  std::map<std::string, core::Tensor> tensors_, inputs_;
  nlohmann::json recipe_;
  std::string model_config_ = "{}";
  std::string plugin_;  // the fixture; empty: made_weights
};

}  // namespace vernier::core::testing
