// `vernier generate FOLDER --compare float`: the files' answer beside that of the model they were made of.
#include <gtest/gtest.h>

#include <fstream>

#include "plugins/programs/gemma4/program_recipe.h"
#include "plugins/programs/gemma4/session_model.h"
#include "support/expect_error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

constexpr int64_t kContext = 16;

class Gemma4Compare : public ProgramRecipeTest {
 protected:
  Gemma4Compare() {
    for (const char* file : {"calibration.jsonl", "evaluation.jsonl"})
      test::write_file(folder_ / file, "{\"input_ids\": [2, 3, 50, 91], \"answer_ids\": [7, 8]}\n");
    json value = recipe_of({{"sequence", kContext}, {"pictures", 0}}, 1);
    value["export"] = {{{"backend", "circle"}, {"file", "{unit}.q.circle"}}};
    run(value);
    options_.folder.folder = folder_ / "out";
    options_.prompt = {2, 3, 50, 91, 120};
    options_.tokens = 5;
    options_.stop.emplace();
    options_.compares_float = make_reference_device;
  }

  GenerateOptions options_;
};

TEST_F(Gemma4Compare, FloatIsTheWholeModelsAnswer) {
  const json made = generate(options_);
  WholeAndProgram model(source_file("tests/data/gemma4_tiny"));
  std::vector<int32_t> tokens = options_.prompt, wanted;
  for (int64_t i = 0; i < options_.tokens; ++i) {
    const std::vector<float> logits = model.whole("text", {tokens_of(tokens)});
    wanted.push_back(greatest_of(logits, static_cast<int64_t>(tokens.size()) - 1, kVocabulary));
    tokens.push_back(wanted.back());
  }
  EXPECT_EQ(made.at("float").at("tokens"), json(wanted));
  EXPECT_EQ(made.at("float").at("end"), "limit");
  size_t same = 0;
  while (same < wanted.size() && made.at("tokens").at(same) == wanted[same]) ++same;
  EXPECT_EQ(made.at("float").at("same_tokens"), same);
  EXPECT_FALSE(made.at("float").contains("text")) << "the prompt was tokens";
  options_.compares_float = nullptr;
  EXPECT_FALSE(generate(options_).contains("float"));
}

TEST_F(Gemma4Compare, EachRequestOfAFileIsCompared) {
  test::write_file(folder_ / "requests.jsonl",
                   "{\"input_ids\": [2, 3]}\n{\"input_ids\": [2, 3, 50, 91, 120]}\n");
  options_.prompt.clear();
  const json made = generate_each(options_, folder_ / "requests.jsonl");
  ASSERT_EQ(made.size(), 2u);
  GenerateOptions one = options_;
  one.prompt = {2, 3, 50, 91, 120};
  EXPECT_EQ(made.at(1).at("float"), generate(one).at("float"));
  EXPECT_TRUE(made.at(0).contains("float"));
}

TEST_F(Gemma4Compare, SaysWhatItLacks) {
  const std::filesystem::path recipe = folder_ / "out/recipe.effective.json";
  const json effective = json::parse(test::read_file(recipe));
  json moved = effective;
  moved["model"]["checkpoint"] = (folder_ / "nowhere").string();
  test::write_file(recipe, moved.dump());
  test::expect_error(ErrorKind::kUsage, "leave out --compare where the checkpoint is not at hand",
                     [&] { (void)generate(options_); });
  moved = effective;
  moved["model"].erase("program");
  moved["model"].erase("profile");
  moved["export"] = json::array();
  test::write_file(recipe, moved.dump());
  test::expect_error(ErrorKind::kUsage, "the recipe has no program", [&] { (void)generate(options_); });
  std::filesystem::remove(recipe);
  test::expect_error(ErrorKind::kData, "recipe.effective.json is not there",
                     [&] { (void)generate(options_); });
}

}  // namespace
}  // namespace vernier::core::testing
