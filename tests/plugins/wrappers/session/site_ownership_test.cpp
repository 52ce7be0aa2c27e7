// A composite owns the sites of what it computes between its children, of its own inputs and of its own
// constants, and nothing of what a child computes: looked up in the recorded graph of each bundled wrapper.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/session/run_recipe.h"
#include "session/pipeline.h"
#include "session/reached_sites.h"
#include "trace/with_qparams.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;

// The op that made the value, seen through views, which compute nothing.
const GraphNode* maker(const Graph& graph, ValueIndex value) {
  static const std::set<std::string> views = {"reshape", "permute", "slice"};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::find(node->outputs.begin(), node->outputs.end(), value) == node->outputs.end()) continue;
    if (views.count(node->op) == 0) return &*node;
    value = node->inputs.at(0);
  }
  return nullptr;  // an input or a constant
}

bool is_below(const std::string& module, const std::string& above) {
  return above.empty() ? !module.empty() : module.rfind(above + ".", 0) == 0;
}

// Sites that a composite has on what a child of it computes: "<module>: <op> of <child>".
std::vector<std::string> breaches(const Graph& graph) {
  std::vector<std::string> found;
  for (const GraphNode& node : graph.nodes) {
    if (node.op != "fake_quantize") continue;
    const GraphNode* made = maker(graph, node.inputs.at(0));
    if (made != nullptr && is_below(made->module, node.module))
      found.push_back(node.module + ": " + made->op + " of " + made->module);
  }
  return found;
}

std::set<std::string> wrappers_of_families() {
  std::set<std::string> names;
  for (const auto& folder : fs::directory_iterator(source_file("plugins/wrappers"))) {
    if (!fs::exists(folder.path() / "manifest.json")) continue;
    const nlohmann::json manifest = read_json(folder.path() / "manifest.json");
    for (const auto& one : manifest.at("components")) names.insert(one.at("name").get<std::string>());
  }
  return names;
}

class SiteOwnership : public ::testing::Test {
 protected:
  void look(const fs::path& recipe) {
    SessionOptions options;
    options.recipe = recipe;
    options.device = &make_reference_device;
    Pipeline run(options);
    mark_reached_sites(run.p, run.units);
    run.calibrate();
    const Graph graph = with_qparams(*run.units[0]->graph(), *run.p.tree, QParamsOf::kConversion);
    EXPECT_THAT(breaches(graph), ::testing::IsEmpty()) << recipe;
    for (const Module& module : run.p.tree->modules) {
      names_.insert(run.p.catalog->wrapper_for(module.type).component->name);
      if (!module.children.empty() && !module.sites.empty()) composites_with_sites_.insert(module.type);
    }
  }
  fs::path write(const nlohmann::json& recipe) {
    test::write_file(folder_ / "recipe.json", recipe.dump());
    return folder_ / "recipe.json";
  }
  nlohmann::json recipe_for(const std::string& checkpoint, const std::string& type,
                            const nlohmann::json& config, const nlohmann::json& inputs) {
    return {{"version", 1},
            {"model", {{"checkpoint", checkpoint}, {"module", ""}, {"type", type}, {"config", config}}},
            {"runtime", {{"strict", false}}},
            {"calibration", {{"inputs", inputs}, {"samples", 1}}}};
  }

  const test::TempFolder folder_;
  std::set<std::string> names_;  // of the wrappers that were looked at
  std::set<std::string> composites_with_sites_;
};

TEST_F(SiteOwnership, HoldsForEachBundledWrapper) {
  for (const char* name :
       {"gemma4_multimodal_embedder", "gemma4_text_mlp", "gemma4_text_scaled_word_embedding", "llama_mlp",
        "qwen3_vl_text_mlp", "nn_linear", "nn_layernorm", "gemma4_text_model", "gemma4_for_causal_lm",
        "gemma4_text_attention_shared_kv_prefill"})
    look(source_file(std::string("tests/data/golden/tiny/") + name + "/recipe.json"));

  for (const char* name : {"several", "fixed_grid"})
    look(source_file(std::string("tests/data/golden/gemma4_model/") + name + "/recipe.json"));

  const fs::path bert = source_file("tests/data/golden/bert_tiny");
  nlohmann::json config = read_json(bert / "config.json");
  config["layer_norm_form"] = "op";  // its eps of 1e-12 has no codes
  look(write(recipe_for(bert.string(), "BertModel", config,
                        {{"kind", "safetensors"},
                         {"path", (bert / "io.safetensors").string()},
                         {"tensors", "model.{input}"}})));

  const fs::path tower = source_file("tests/data/golden/gemma4_vision/standardized");
  config = read_json(tower / "recipe.json").at("model").at("config");
  config.update(
      {{"grid", {{"rows", 4}, {"columns", 4}}}, {"keep_padding", true}});  // so that there is a mask
  look(write(recipe_for(tower.string(), "Gemma4VisionModel", config,
                        {{"kind", "safetensors"},
                         {"path", (tower / "io.safetensors").string()},
                         {"tensors", "eval.{input}"}})));

  const fs::path llama = source_file("tests/data/llama_attention");
  look(write(recipe_for((llama / "checkpoint").string(), "LlamaAttention",
                        read_json(llama / "checkpoint/config.json"),
                        {{"kind", "safetensors"}, {"path", (llama / "prefill.safetensors").string()}})));

  test::write_file(folder_ / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [
      {"name": "linear.weight", "dtype": "float32", "shape": [8, 4], "distribution": "normal",)"
                   R"( "mean": 0, "std": 1},
      {"name": "weight", "dtype": "float32", "shape": [4], "distribution": "normal", "mean": 0,)"
                   R"( "std": 1}]})");
  synthesize(folder_ / "description.json", folder_ / "checkpoint");
  const auto one = [&](const char* type, const char* input) {
    look(write(recipe_for((folder_ / "checkpoint").string(), type, nlohmann::json::object(),
                          {{"kind", "synthetic"}, {"inputs", {{input, {{"shape", {2, 4}}}}}}})));
  };
  one("Gemma4ClippableLinear", "hidden_states");
  look(write(recipe_for(
      (folder_ / "checkpoint").string(), "Gemma4MultimodalFusion", {{"image_start", 0}},
      {{"kind", "synthetic"},
       {"inputs", {{"text_embeds", {{"shape", {1, 3, 4}}}}, {"visual_embeds", {{"shape", {2, 4}}}}}}})));
  one("RMSNorm", "x");
  one("Sigmoid", "input");
  one("ReLU", "input");

  EXPECT_EQ(names_, wrappers_of_families()) << "a wrapper that nobody looked at";
  const std::set<std::string> composites = {"BertEmbeddings",
                                            "BertModel",
                                            "BertSelfAttention",
                                            "Gemma4ClippableLinear",
                                            "Gemma4ForCausalLM",
                                            "Gemma4ForConditionalGeneration",
                                            "Gemma4Model",
                                            "Gemma4TextAttention",
                                            "Gemma4TextDecoderLayer",
                                            "Gemma4TextMLP",
                                            "Gemma4TextModel",
                                            "Gemma4VisionAttention",
                                            "Gemma4VisionEncoder",
                                            "Gemma4VisionEncoderLayer",
                                            "Gemma4VisionMLP",
                                            "Gemma4VisionModel",
                                            "Gemma4VisionPatchEmbedder",
                                            "LlamaAttention",
                                            "LlamaMLP",
                                            "Qwen3VLTextMLP"};
  EXPECT_EQ(composites_with_sites_, composites);
}

// The check finds what it is made for.
TEST(SiteOwnershipCheck, FindsASiteOnAChildsOutput) {
  Graph graph;
  graph.values.resize(4);
  graph.nodes = {{"linear", 1, "mlp.down", {0}, {1}, {}},
                 {"reshape", 1, "mlp", {1}, {2}, {}},
                 {"fake_quantize", 1, "mlp", {2}, {3}, {}}};
  EXPECT_EQ(breaches(graph), std::vector<std::string>{"mlp: linear of mlp.down"});
  graph.nodes[0].module = "mlp";
  EXPECT_EQ(breaches(graph), std::vector<std::string>{}) << "its own product";
  graph.nodes[0].module = "mlp_two.down";
  EXPECT_EQ(breaches(graph), std::vector<std::string>{}) << "a neighbour's output is its input";
}

}  // namespace
}  // namespace vernier::core::testing
