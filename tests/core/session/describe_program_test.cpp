// `vernier program`'s inside: from a checkpoint's folder, a config.json or a recipe to what a program makes
// of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"
#include "vernier/core/programs.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::filesystem::path test_data(const std::string& path) {
  return std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data" / path;
}

ProgramOptions program_options(const std::filesystem::path& model, std::vector<std::string> profile) {
  ProgramOptions result;
  result.model = model;
  result.profile = std::move(profile);
  return result;
}

const std::vector<std::string> kShapesProfile = {"sequence=48", "image_slots=108", "pictures=2"};

TEST(DescribeProgram, CountsUnitsBuffersAndSteps) {
  const json found = describe_program(program_options(test_data("gemma4_shapes"), kShapesProfile));
  EXPECT_EQ(found.at("program"), "gemma4");
  EXPECT_EQ(found.at("plugin"), "org.vernier.gemma4_program");
  EXPECT_EQ(found.at("architecture"), "Gemma4ForConditionalGeneration");
  EXPECT_EQ(found.at("document").at("units").size(), 25u);
  // Keys and values of four sliding and two full layers, and soft tokens of two pictures with their numbers.
  const uint64_t caches = 2 * 47 * (4 * 16 + 2 * 32) * 4, visual = 2 * 12 * 96 * 4, soft_tokens = 2 * 4;
  EXPECT_EQ(found.at("buffers").at("state"),
            (json{{"count", 12 + 2}, {"bytes", caches + visual + soft_tokens}}));
  EXPECT_EQ(found.at("buffers").at("result"), (json{{"count", 2}, {"bytes", 4 + 320 * 4}}));
  EXPECT_EQ(found.at("buffers").at("request").at("count"), 3);
  const json& picture = found.at("phases").at(0);
  EXPECT_EQ(picture.at("name"), "picture");
  EXPECT_EQ(picture.at("runs"), "each_picture");
  EXPECT_EQ(picture.at("units"), 1);
  EXPECT_EQ(picture.at("host_steps"), (json{{"row", 2},
                                            {"pad_patches", 1},
                                            {"patch_positions", 1},
                                            {"pool_weights", 1},
                                            {"patch_rotary", 1},
                                            {"patch_mask", 1},
                                            {"write_rows", 2},
                                            {"count_soft_tokens", 1}}));
  const json& decode = found.at("phases").at(2);
  EXPECT_EQ(decode.at("runs"), "each_token");
  EXPECT_EQ(decode.at("units"), 9 + 4);
  EXPECT_EQ(decode.at("host_steps").at("write_rows"), 12);
}

TEST(DescribeProgram, ReadsAFolderAFileAndARecipe) {
  const json wanted =
      describe_program(program_options(test_data("gemma4_shapes"), kShapesProfile)).at("document");
  EXPECT_EQ(describe_program(program_options(test_data("gemma4_shapes/config.json"), kShapesProfile))
                .at("document"),
            wanted);
  const test::TempFolder place;
  std::ofstream(place / "recipe.json") << json{
      {"version", 1},
      {"model", {{"checkpoint", test_data("gemma4_tiny").string()}, {"config", {{"layout", "npu"}}}}},
      {"calibration", {{"inputs", {{"kind", "synthetic"}, {"inputs", json::object()}}}, {"samples", 1}}}};
  ProgramOptions of_recipe = program_options(place / "recipe.json", {"sequence=24", "image_slots=64"});
  const json found = describe_program(of_recipe).at("document");
  EXPECT_EQ(found.at("buffers").at("logits").at("shape"), (json{1, 1, 320}));
  EXPECT_THAT(found.dump(), HasSubstr(R"("negated":true)"));  // what the recipe changes of the config
}

TEST(DescribeProgram, IsATable) {
  const std::string table =
      program_table(describe_program(program_options(test_data("gemma4_shapes"), kShapesProfile)));
  for (const char* line : {"program gemma4 (org.vernier.gemma4_program) for Gemma4ForConditionalGeneration\n",
                           "  pictures = 2\n", "25 units, each a file\n",
                           "hidden_states, attention_mask, cos, sin, per_layer_input, past_k, past_v -> ",
                           "phase      runs            units  host steps\n", "prefill    once "})
    EXPECT_THAT(table, HasSubstr(line));
}

TEST(DescribeProgram, SaysWhatIsWrong) {
  const test::TempFolder place;
  std::filesystem::create_directories(place / "bare");
  std::filesystem::create_directories(place / "other");
  std::ofstream(place / "other/config.json") << R"({"architectures": ["OtherModel"]})";
  std::ofstream(place / "broken.json") << "{";
  const struct {
    ErrorKind kind;
    std::string text;
    std::filesystem::path model;
    std::vector<std::string> profile = kShapesProfile;
    std::string program = {};
  } rows[] = {
      {ErrorKind::kData, "names no architecture", place / "bare"},
      {ErrorKind::kPlugin, "no program is for the architecture \"OtherModel\"", place / "other"},
      {ErrorKind::kUsage, "no plugin provides program \"gema4\"\n  at --program\n  did you mean \"gemma4\"?",
       test_data("gemma4_shapes"), kShapesProfile, "gema4"},
      {ErrorKind::kPlugin, "/architectures/0: \"OtherModel\"", place / "other", {"sequence=48"}, "gemma4"},
      {ErrorKind::kUsage, "broken.json:1", place / "broken.json"},
      {ErrorKind::kUsage,
       "a binding has the form NAME=VALUE\n  at --profile sequence",
       test_data("gemma4_shapes"),
       {"sequence"}},
      {ErrorKind::kUsage, "a binding has the form", test_data("gemma4_shapes"), {"=48"}},
      {ErrorKind::kUsage,
       "\"sequence\" is bound twice",
       test_data("gemma4_shapes"),
       {"sequence=4", "sequence=5"}},
      {ErrorKind::kUsage,
       "one line of at most 200 bytes",
       test_data("gemma4_shapes"),
       {"sequence=" + std::string(201, '1')}},
      {ErrorKind::kUsage, "one line of at most 200 bytes", test_data("gemma4_shapes"), {"compat=a\nb"}},
      {ErrorKind::kUsage, "--profile sequenc", test_data("gemma4_shapes"), {"sequenc=48"}},
      {ErrorKind::kUsage, "sequence", test_data("gemma4_shapes"), {}},
      {ErrorKind::kUsage,
       "at --profile, program gemma4 (plugin org.vernier.gemma4_program)",
       test_data("gemma4_shapes"),
       {"sequence=1"}}};
  for (const auto& row : rows) {
    ProgramOptions given = program_options(row.model, row.profile);
    given.program = row.program;
    test::expect_error(row.kind, row.text, [&] { (void)describe_program(given); });
  }
}

}  // namespace
}  // namespace vernier::core
