// The fixture ToyDecoder with random weights, as a recipe and as a module tree.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "core/program/small_tensors.h"
#include "core/program/toy_program.h"
#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "program/entry_units.h"
#include "program/program_run.h"
#include "session/prepare.h"
#include "support/temp_folder.h"

namespace vernier::core::testing {

class Toy : public ::testing::Test {
 protected:
  Toy() {
    std::mt19937 random(7);
    std::map<std::string, Tensor> weights;
    const auto add = [&](const std::string& name, const Shape& shape, float deviation) {
      Tensor x = Tensor::allocate(kFloat32, shape);
      std::normal_distribution<float> normal(0, deviation);
      for (int64_t i = 0; i < x.elements(); ++i) x.mutable_as<float>()[i] = normal(random);
      weights[name] = x;
    };
    add("embed.weight", {24, 8}, 1);
    add("head.weight", {24, 8}, 1);
    for (const std::string layer : {"layers.0.", "layers.1."}) {
      for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"})
        add(layer + name + ".weight", {8, 8}, 0.35F);
    }
    test::write_tensors(folder_ / "checkpoint/model.safetensors", weights);
    test::write_file(
        folder_ / "checkpoint/config.json",
        json{{"hidden_size", 8}, {"vocab_size", 24}, {"window", 3}, {"theta", 100}, {"depth", 50}}.dump());
    test::write_file(folder_ / "none.safetensors", "");  // a recipe wants samples, a module tree does not
    recipe_ = {{"version", 1},
               {"model",
                {{"checkpoint", (folder_ / "checkpoint").string()},
                 {"type", "ToyDecoder"},
                 {"config",
                  {{"hidden_size", "/hidden_size"},
                   {"vocab_size", "/vocab_size"},
                   {"window", "/window"},
                   {"theta", "/theta"},
                   {"depth", "/depth"}}}}},
               {"calibration",
                {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "none.safetensors").string()}}}}},
               {"runtime", {{"isolate", false}}}};
  }

  [[nodiscard]] SessionOptions options() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) /
                            "fixtures/toy_decoder/toy_decoder.so"};
    options.out = folder_ / "run";
    options.device = &make_reference_device;
    return options;
  }

  // The module tree, and a device to run it.
  struct Model {
    explicit Model(const SessionOptions& given)
        : options(given), p(prepare(options)), device(options.device(*p.pool)) {
      p.services->use_device(device.get());
    }
    SessionOptions options;
    Prepared p;
    std::unique_ptr<Device> device;
  };

  static Request request(const std::vector<int32_t>& tokens) {
    return {{"input_ids", int32s({1, static_cast<int64_t>(tokens.size())}, tokens)}};
  }
  static std::vector<std::vector<int32_t>> prompts() {
    return {{3},
            {5, 11},
            {23, 0, 7},
            {1, 2, 3, 4},
            {20, 9, 9, 14, 6},
            {2, 22, 2, 22, 2, 22},
            {13, 8, 17, 4, 21, 10, 19}};
  }

  test::TempFolder folder_;
  json recipe_;
};

}  // namespace vernier::core::testing
