// What the host steps of a program make is, bit for bit, what the wrappers' own forwards have as tables.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "program/steps/masks.h"
#include "program/steps/patches.h"
#include "program/steps/rotary.h"
#include "session/prepare.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::read_json;
using testing::source_file;

// A module of gemma4_tiny, whose forward was traced.
class Traced {
 public:
  Traced(const std::string& module, const std::string& type, const json& config, const std::string& input,
         const TensorType& input_type)
      : options_(written(module, type, config, input)),
        p_(prepare(options_)),
        device_(options_.device(*p_.pool)) {
    p_.services->use_device(device_.get());
    EntryRunner runner(*p_.services, *p_.tree, *device_, "forward", {input});
    graph_ = runner.graph(std::vector<TensorType>{input_type});
  }

  // The table whose name ends so, as often as its forward has it.
  [[nodiscard]] std::vector<Tensor> tables(const std::string& end) const {
    std::vector<Tensor> found;
    for (const Parameter& one : p_.tree->parameters) {
      if (one.is_table && one.path.ends_with(end)) found.push_back(one.source);
    }
    return found;
  }

 private:
  SessionOptions written(const std::string& module, const std::string& type, const json& config,
                         const std::string& input) {
    const json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", source_file("tests/data/gemma4_tiny").string()},
          {"module", module},
          {"type", type},
          {"config", config}}},
        {"calibration",
         {{"inputs", {{"kind", "synthetic"}, {"inputs", {{input, {{"shape", {1}}}}}}}}, {"samples", 1}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.device = &make_reference_device;
    return options;
  }

  test::TempFolder folder_;
  SessionOptions options_;
  Prepared p_;
  std::unique_ptr<Device> device_;
  std::shared_ptr<const Graph> graph_;
};

// A part of gemma4_tiny's config, without the keys that nothing here reads.
json part_of_config(const std::string& part, const std::vector<std::string>& unread) {
  json config = read_json(source_file("tests/data/gemma4_tiny/config.json")).at(part);
  for (const std::string& key : unread) config.erase(key);
  return config;
}

// At least one table has that name, and each is that tensor in some shape.
void expect_tables(const Traced& traced, const std::string& end, const Tensor& wanted) {
  const std::vector<Tensor> found = traced.tables(end);
  EXPECT_FALSE(found.empty()) << end;
  for (const Tensor& one : found) {
    ASSERT_EQ(one.bytes(), wanted.bytes()) << end;
    EXPECT_EQ(std::memcmp(one.data, wanted.data, one.bytes()), 0) << end;
  }
}

TEST(HostStepsOfGemma4, AreTheTextModelsTables) {
  const json config = part_of_config(
      "text_config", {"attention_dropout", "bos_token_id", "eos_token_id", "final_logit_softcapping",
                      "initializer_range", "max_position_embeddings", "model_type", "moe_intermediate_size",
                      "num_experts", "pad_token_id", "tie_word_embeddings", "top_k_experts", "use_cache"});
  for (const char* layout : {"reference", "npu"}) {
    const Traced traced("model.language_model", "Gemma4TextModel",
                        {{"text_config", config}, {"layout", layout}}, "input_ids", {kInt64, {1, 12}});
    const bool negates = layout == std::string("npu");
    expect_tables(traced, "sliding_attention_mask", steps::causal_mask({1, 1, 12, 12}, 0, 8, 200));
    expect_tables(traced, "full_attention_mask", steps::causal_mask({1, 1, 12, 12}, 0, 0, 200));
    const steps::CosAndSin near = steps::rotary_table({1, 12, 16}, {0, 1e4, false, 0, 1, negates}),
                           far = steps::rotary_table({1, 12, 32}, {0, 1e6, true, 8, 1, negates});
    expect_tables(traced, "sliding_attention_cos", near.cos);
    expect_tables(traced, "sliding_attention_sin", near.sin);
    expect_tables(traced, "full_attention_cos", far.cos);
    expect_tables(traced, "full_attention_sin", far.sin);
  }
}

TEST(HostStepsOfGemma4, AreTheVisionTowersTables) {
  json config = part_of_config("vision_config", {"attention_bias", "attention_dropout", "initializer_range",
                                                 "max_position_embeddings", "model_type"});
  for (const auto& [rows, columns] : {std::pair(4, 6), std::pair(6, 4), std::pair(2, 14), std::pair(4, 4)}) {
    config["grid"] = {{"rows", rows}, {"columns", columns}};
    config["keep_padding"] = true;
    const int64_t slots = 32;
    const Traced traced("model.vision_tower", "Gemma4VisionModel", config, "pixel_values",
                        {kFloat32, {1, slots, 48}});
    Tensor positions = Tensor::allocate(kInt32, {1, slots, 2});
    for (int64_t slot = 0; slot < slots; ++slot) {
      const bool is_patch = slot < rows * columns;
      positions.mutable_as<int32_t>()[2 * slot] = is_patch ? static_cast<int32_t>(slot % columns) : -1;
      positions.mutable_as<int32_t>()[2 * slot + 1] = is_patch ? static_cast<int32_t>(slot / columns) : -1;
    }
    expect_tables(traced, "attention_mask", steps::patch_mask(positions, {1, 1, 1, slots}, 200, false));
    expect_tables(traced, "pool_weight", steps::pool_weights(positions, {1, slots / 4, slots}, 2));
    const steps::CosAndSin turns = steps::patch_rotary(positions, {1, slots, 16}, 100, true);
    expect_tables(traced, "position_embeddings_cos", turns.cos);
    expect_tables(traced, "position_embeddings_sin", turns.sin);
  }
}

}  // namespace
}  // namespace vernier::core
