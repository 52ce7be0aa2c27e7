// Gemma4's whole model: the logits of transformers (tests/data/golden/gemma4_model), pieces that give what
// the whole gives, one grid for what the first layer takes, and what is refused.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

const std::filesystem::path kTiny = source_file("tests/data/gemma4_tiny");
const std::filesystem::path kCases = source_file("tests/data/golden/gemma4_model");

std::vector<std::string> model_cases() {
  std::vector<std::string> names;
  for (const auto& folder : std::filesystem::directory_iterator(kCases))
    names.push_back(folder.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void expect_all_near(const std::vector<float>& ours, const std::vector<float>& theirs, float most) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], theirs[i], most) << "element " << i;
}

class ModelCase : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelCase, GivesTheLogitsOfTransformers) {
  const test::TempFolder out;
  const RunResult result = run_recipe(kCases / GetParam() / "recipe.json", out.path());
  expect_all_near(floats_of(Checkpoint::open(out / "outputs.safetensors"), "float_out.logits"),
                  floats_of(Checkpoint::open(kCases / GetParam() / "io.safetensors"), "float_out.logits"),
                  1e-4F);
  EXPECT_EQ(result.report->at("coverage").at("unused_tensors"), json::array());
}

INSTANTIATE_TEST_SUITE_P(Cases, ModelCase, ::testing::ValuesIn(model_cases()),
                         [](const auto& one) { return one.param; });

// A recipe on inputs of a golden case, and what becomes of it.
class WholeModel : public ::testing::Test {
 protected:
  explicit WholeModel(const char* golden = "several") {
    const Checkpoint file = Checkpoint::open(kCases / golden / "io.safetensors");
    for (const std::string& name : file.names()) io_[name] = copy_of(file.tensor(name));
    recipe_ = read_json(kCases / golden / "recipe.json");
    recipe_["model"]["checkpoint"] = kTiny.string();
  }

  static Tensor copy_of(const Tensor& from) {
    Tensor result = Tensor::allocate(from.dtype, from.shape);
    std::copy_n(from.data, from.bytes(), result.mutable_as<std::byte>());
    return result;
  }
  // `ids` with another one in the places of pictures.
  [[nodiscard]] Tensor with_placeholders(int64_t id) const {
    Tensor result = copy_of(io_.at("in.input_ids"));
    const Tensor& source = io_.at("in.source");
    for (int64_t i = 0; i < source.elements(); ++i) {
      if (source.as<int32_t>()[i] >= source.elements()) result.mutable_as<int64_t>()[i] = id;
    }
    return result;
  }
  json data(const std::string& tensors) const {
    return {{"kind", "safetensors"}, {"path", "io.safetensors"}, {"tensors", tensors}};
  }
  RunResult run() const {
    test::write_tensors(folder_ / "io.safetensors", io_);
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    return run_recipe(folder_ / "recipe.json", folder_ / "out");
  }
  std::vector<float> output(const std::string& name) const {
    return floats_of(Checkpoint::open(folder_ / "out/outputs.safetensors"), name);
  }
  void expect_refusal(const std::string& text) const {
    test::expect_error(ErrorKind::kPlugin, text, [&] { (void)run(); });
  }

  test::TempFolder folder_;
  std::map<std::string, Tensor> io_;
  json recipe_;
};

TEST_F(WholeModel, WhatStandsInAPicturesPlaceIsAPad) {
  (void)run();
  const std::vector<float> before = output("float_out.logits"), quantized = output("quant_out.logits");
  io_["in.input_ids"] = with_placeholders(1000000);  // of no row of any table
  (void)run();
  EXPECT_EQ(output("float_out.logits"), before);
  EXPECT_EQ(output("quant_out.logits"), quantized);
}

// Embeddings of tokens, soft tokens, both together, and what the first layer takes.
TEST_F(WholeModel, TheFirstLayersInputIsOnOneGrid) {
  (void)run();
  std::map<std::string, json> sites;
  for (const json& row : read_json(folder_ / "out/qparams.json")) sites[row.at("site")] = row;
  const std::string text = "model.language_model", owner = text + ".layers.0/act_in";
  for (const std::string& site :
       {text + ".embed_tokens/act_out", std::string("model.embed_vision.embedding_projection/act_out"),
        std::string("model/mm_fusion"), text + "/inputs_embeds"}) {
    for (const char* field : {"scale", "zero_point", "dtype"})
      EXPECT_EQ(sites.at(site).at(field), sites.at(owner).at(field)) << site;
    EXPECT_EQ(sites.at(site).at("tied_to"), owner);
  }
}

TEST_F(WholeModel, IdsAndSourceHaveEitherWidth) {
  (void)run();
  const std::vector<float> before = output("float_out.logits");
  const Tensor ids = io_["in.input_ids"], source = io_["in.source"];
  io_["in.input_ids"] = Tensor::allocate(kInt32, ids.shape);
  std::copy_n(ids.as<int64_t>(), ids.elements(), io_["in.input_ids"].mutable_as<int32_t>());
  io_["in.source"] = Tensor::allocate(kInt64, source.shape);
  std::copy_n(source.as<int32_t>(), source.elements(), io_["in.source"].mutable_as<int64_t>());
  (void)run();
  EXPECT_EQ(output("float_out.logits"), before);
}

// As a device's host runs it: pictures, tokens, fusion, per-layer rows, decoder, each a unit of its own.
class Pieces : public WholeModel {
 protected:
  explicit Pieces(const char* golden = "several") : WholeModel(golden) {
    recipe_["model"].update({{"module", "model"}, {"type", "Gemma4Model"}});
    recipe_["model"]["config"].update({{"text_config", "/text_config"}, {"vision_config", "/vision_config"}});
    recipe_["units"] = json::array();
  }
  void add(const char* name, const char* module, const char* entry, json inputs,
           const json& from = json::object()) {
    if (!from.empty()) inputs["from_units"] = from;
    recipe_["units"].push_back(
        {{"name", name}, {"module", module}, {"entry", entry}, {"calibration", {{"inputs", inputs}}}});
  }
  // The whole by its entry, and its parts; `pads`: ids as the host gives them to tables.
  void add_all(const char* whole, const char* features, const char* fuse, const Tensor& pads) {
    io_["pad.input_ids"] = pads;
    add("whole", "", whole, data("in.{input}"));
    add("features", "", features, data("in.{input}"));
    add("embeds", "language_model.embed_tokens", "forward", data("pad.{input}"));
    const bool has_source = io_.contains("in.source");
    add("fused", "", fuse, has_source ? data("in.{input}") : json{{"kind", "units"}},
        {{"text_embeds", {{"unit", "embeds"}}}, {"visual_embeds", {{"unit", "features"}}}});
    add("rows", "language_model", "ple_tokens", data("pad.{input}"));
    add("hidden", "language_model", "from_embeds_ple", {{"kind", "units"}},
        {{"inputs_embeds", {{"unit", "fused"}}}, {"per_layer_token_inputs", {{"unit", "rows"}}}});
  }
};

TEST_F(Pieces, GiveWhatTheWholeGives) {
  add_all("forward", "image_features", "fuse", with_placeholders(0));
  (void)run();
  EXPECT_EQ(output("hidden.float_out.hidden"), output("whole.float_out.hidden"));
  EXPECT_EQ(output("fused.quant_out.embeds").size(), output("fused.float_out.embeds").size());
}

// Their grid is the first layer's, which nothing observes then.
TEST_F(Pieces, WithoutTheFirstLayerAreRefused) {
  add("features", "", "image_features", data("in.{input}"));
  test::expect_error(ErrorKind::kData,
                     "site model.language_model.layers.0/act_in was never observed\n  at site "
                     "model.embed_vision.embedding_projection/act_out",
                     [&] { (void)run(); });
}

class FixedPieces : public Pieces {
 protected:
  FixedPieces() : Pieces("fixed_grid") {}
};

TEST_F(FixedPieces, GiveWhatTheWholeGives) {
  Tensor pads = copy_of(io_.at("in.input_ids"));
  std::fill_n(pads.mutable_as<int64_t>() + 2, 6, 0);  // image_start, soft tokens
  add_all("fixed_grid", "image_features_fixed_grid", "fuse_fixed_place", pads);
  (void)run();
  EXPECT_EQ(output("hidden.float_out.hidden"), output("whole.float_out.hidden"));
}

class FixedGrid : public WholeModel {
 protected:
  FixedGrid() : WholeModel("fixed_grid") {}
};

TEST_F(FixedGrid, TooManySoftTokensForTheText) {
  recipe_["model"]["config"]["image_start"] = 14;
  expect_refusal("6 soft tokens from token 14 on do not fit into a text of 19");
  recipe_["model"]["config"]["image_start"] = -1;
  expect_refusal("6 soft tokens from token -1 on do not fit");
}

TEST_F(FixedGrid, IsNothingWithoutAGrid) {
  recipe_["model"]["config"] = json::object();
  expect_refusal("entry forward wants the config's grid");
}

TEST_F(WholeModel, AGridIsNothingForPicturesOfAnySize) {
  recipe_["model"]["config"] = {{"grid", {{"rows", 4}, {"columns", 6}}}};
  expect_refusal("the config has a grid, so positions are constants of entry forward");
}

TEST_F(WholeModel, WithoutVisionConfigThereAreNoPictures) {
  recipe_["model"]["config"] = {{"vision_config", nullptr}};
  expect_refusal("vision_config is null: this model takes no pictures; entry text");
}

TEST_F(WholeModel, PicturesThatSeeThemselvesWholeAreRefused) {
  json text = read_json(kTiny / "config.json").at("text_config");
  text["use_bidirectional_attention"] = "vision";
  recipe_["model"]["config"] = {{"text_config", text}};
  recipe_["runtime"] = {{"strict", false}};  // nobody reads all of a text config
  expect_refusal("use_bidirectional_attention \"vision\": Gemma4Model's masks are causal");
}

TEST_F(WholeModel, ASourceForEachToken) {
  io_["in.source"] = Tensor::allocate(kInt32, {3});
  std::fill_n(io_["in.source"].mutable_as<int32_t>(), 3, 0);
  expect_refusal("Gemma4Model wants `source` of shape [");
}

TEST_F(WholeModel, OneTextBesidePictures) {
  const Tensor one = io_["in.input_ids"];
  io_["in.input_ids"] = Tensor::allocate(kInt64, {one.elements()});
  std::copy_n(one.as<int64_t>(), one.elements(), io_["in.input_ids"].mutable_as<int64_t>());
  expect_refusal("Gemma4Model wants input_ids of shape [1, tokens] beside pictures");
}

// What a model without pictures' part is: the same layers, from a text of its own or of the whole.
class TextOfTheWhole : public WholeModel {
 protected:
  TextOfTheWhole() : WholeModel("text") {}
};

TEST_F(TextOfTheWhole, IsServedAsACausalLM) {
  (void)run();
  const std::vector<float> whole = output("float_out.logits");
  recipe_["model"].update(
      {{"type", "Gemma4ForCausalLM"},
       {"config", {{"text_config", "/text_config"}, {"text_model", "model.language_model"}}}});
  recipe_["units"][0]["entry"] = "forward";
  (void)run();
  EXPECT_EQ(output("float_out.logits"), whole);
}

TEST_F(TextOfTheWhole, PicturesMaySeeThemselvesWhole) {
  json text = read_json(kTiny / "config.json").at("text_config");
  text["use_bidirectional_attention"] = "vision";
  recipe_["model"]["config"] = {{"text_config", text}};
  recipe_["runtime"] = {{"strict", false}};  // nobody reads all of a text config
  (void)run();
  const std::vector<float> theirs =
      floats_of(Checkpoint::open(kCases / "text/io.safetensors"), "float_out.logits");
  expect_all_near(output("float_out.logits"), theirs, 1e-4F);
}

}  // namespace
}  // namespace vernier::core::testing
