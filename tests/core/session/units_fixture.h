// Prefill and decode of the fixture Cached as two units of one recipe.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {

using nlohmann::json;

// The fixture Cached of dimension 2 with keys of 2 x: prefill on three tokens, decode on one more.
class Units : public ::testing::Test {
 protected:
  Units() {
    test::write_tensors(folder_ / "checkpoint/model.safetensors",
                        {{"key_proj.weight", test::floats({2, 2}, {2, 0, 0, 2})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    test::write_tensors(folder_ / "prefill.safetensors",
                        {{"x.0", test::floats({1, 3, 2}, {1, 0, 0, 1, -1, 0.5F})},
                         {"x.1", test::floats({1, 2, 2}, {0.5F, 0.5F, 0.25F, -0.25F})}});
    test::write_tensors(folder_ / "decode.safetensors", {{"x.0", test::floats({1, 1, 2}, {3, -1})},
                                                         {"x.1", test::floats({1, 1, 2}, {0.1F, 0.2F})}});
    recipe_ = {
        {"version", 1},
        {"model", {{"checkpoint", (folder_ / "checkpoint").string()}, {"type", "Cached"}}},
        {"units",
         {{{"name", "prefill"}, {"entry", "prefill"}, {"calibration", {{"inputs", samples("prefill")}}}},
          {{"name", "decode"}, {"entry", "decode"}, {"calibration", {{"inputs", samples("decode")}}}}}},
        {"runtime", {{"isolate", false}}}};
    recipe_["units"][1]["calibration"]["inputs"]["from_units"] = {
        {"past", {{"unit", "prefill"}, {"output", 1}}}};
    for (json& unit : recipe_["units"]) unit["evaluation"] = {{"samples", 2}};
    for (const char* name : {"prefill", "decode"}) {
      recipe_["export"].push_back({{"backend", "circle"},
                                   {"unit", name},
                                   {"file", std::string(name) + ".circle"},
                                   {"profile", "none"},
                                   {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}});
    }
  }

  [[nodiscard]] json samples(const std::string& name) const {
    return {{"kind", "safetensors"}, {"path", (folder_ / (name + ".safetensors")).string()}};
  }
  [[nodiscard]] SessionOptions options() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/cached/cached.so"};
    options.out = folder_ / "run";
    options.save_outputs = true;
    options.device = &make_reference_device;
    return options;
  }
  void expect_refusal(ErrorKind kind, const std::string& text) const {
    test::expect_error(kind, text, [&] { (void)run(options()); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  }
  [[nodiscard]] json site(const std::string& path) const {
    for (const json& row : read_json(folder_ / "run/qparams.json")) {
      if (row.at("site") == path) return row;
    }
    ADD_FAILURE() << "no site " << path;
    return {};
  }

  test::TempFolder folder_;
  json recipe_;
};

}  // namespace vernier::core::testing
