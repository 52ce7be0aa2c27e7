// What runs leave in their output folder: sets, companions, gates that are not met, another recipe.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "file/folder_commit.h"
#include "file/output_manifest.h"
#include "file/temporary.h"
#include "run_recipe.h"
#include "support/linear_recipe.h"
#include "vernier/core/diff.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::vector<std::string> kAccount = {"report.json", "report.html", "qparams.json",
                                           "recipe.effective.json", kManifestName};

class OutputFolderOfARun : public ::testing::Test {
 protected:
  OutputFolderOfARun() {
    test::write_file(folder_ / "description.json",
                     R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "float32",)"
                     R"( "shape": [8, 16], "distribution": "normal", "mean": 0, "std": 1}]})");
    synthesize(folder_ / "description.json", folder_ / "checkpoint");
  }

  // Writes the recipe and runs it. Returns the error; empty where there is none.
  std::string run_to(const fs::path& out, const std::string& file, const std::string& gate = ">= 10",
                     const std::string& name = "recipe.json") {
    nlohmann::json recipe = test::linear_recipe(folder_ / "checkpoint", false, {4, 16}, 2);
    recipe["quantization"] = {{"weight", {{"dtype", "int8"}}}, {"activation", {{"dtype", "int8"}}}};
    recipe["gates"] = {{"sqnr_db", gate}};
    recipe["export"] = {{{"backend", "compressed_tensors"}, {"file", file}}};
    test::write_file(folder_ / name, recipe.dump(1));
    SessionOptions options;
    options.recipe = folder_ / name;
    options.out = out;
    options.device = &make_reference_device;
    try {
      run(options);
      return "";
    } catch (const Error& error) {
      return "exit " + std::to_string(error.exit_code()) + "\n" + error.format();
    }
  }

  static std::vector<std::string> names_in(const fs::path& out) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(out)) {
      if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(out).string());
    }
    return names;
  }
  static std::vector<std::string> account_and(std::vector<std::string> more) {
    more.insert(more.end(), kAccount.begin(), kAccount.end());
    return more;
  }

  test::TempFolder folder_;
};

TEST_F(OutputFolderOfARun, AnotherNameLeavesNoCompanionOfTheEarlierRun) {
  const fs::path out = folder_ / "out";
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  EXPECT_THAT(names_in(out), ::testing::UnorderedElementsAreArray(
                                 account_and({"a.safetensors", "a.safetensors.config.json"})));
  ASSERT_EQ(run_to(out, "b.safetensors"), "");
  EXPECT_THAT(names_in(out), ::testing::UnorderedElementsAreArray(
                                 account_and({"b.safetensors", "b.safetensors.config.json"})));
}

TEST_F(OutputFolderOfARun, AGateThatIsNotMetKeepsTheEarlierModelWithItsReport) {
  const fs::path out = folder_ / "out";
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  const std::string model = test::read_file(out / "a.safetensors");
  const std::string report = test::read_file(out / "report.json");
  EXPECT_THAT(run_to(out, "a.safetensors", ">= 1000"), HasSubstr("exit 4"));
  EXPECT_FALSE(fs::exists(out / "a.safetensors"));
  EXPECT_FALSE(fs::exists(out / "a.safetensors.config.json"));
  EXPECT_TRUE(fs::exists(out / "qparams.json"));
  EXPECT_EQ(test::read_file(out / "previous/recipe/a.safetensors"), model);
  EXPECT_EQ(test::read_file(out / "previous/recipe/report.json"), report);
  EXPECT_NE(test::read_file(out / "report.json"), report);
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  EXPECT_FALSE(fs::exists(out / "previous"));
}

TEST_F(OutputFolderOfARun, TwoRecipesInOneFolderDoNotMix) {
  const fs::path out = folder_ / "out";
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  test::write_file(out / "notes.txt", "mine");
  ASSERT_EQ(run_to(out, "b.safetensors", ">= 10", "other.json"), "");
  EXPECT_TRUE(fs::exists(out / "b.safetensors"));
  EXPECT_FALSE(fs::exists(out / "a.safetensors"));
  EXPECT_TRUE(fs::exists(out / "previous/recipe/a.safetensors.config.json"));
  EXPECT_EQ(test::read_file(out / "notes.txt"), "mine");
}

TEST_F(OutputFolderOfARun, TheCheckpointsFolderIsNoOutputFolder) {
  const std::string before = test::read_file(folder_ / "checkpoint/model.safetensors");
  for (const char* gate : {">= 10", ">= 1000"}) {
    const std::string error = run_to(folder_ / "checkpoint", "model.safetensors", gate);
    EXPECT_THAT(error, HasSubstr("exit 2"));
    EXPECT_THAT(error, HasSubstr("(/model/checkpoint)"));
  }
  EXPECT_EQ(test::read_file(folder_ / "checkpoint/model.safetensors"), before);
}

TEST_F(OutputFolderOfARun, ACompanionThatWouldOverwriteTheRecipeIsRefusedWithoutATrace) {
  const std::string error =
      run_to(folder_ / "out", "a.safetensors", ">= 10", "out/a.safetensors.config.json");
  EXPECT_THAT(error, HasSubstr("exit 2"));
  EXPECT_THAT(error, HasSubstr("the companion file"));
  EXPECT_THAT(error, HasSubstr("would overwrite the recipe"));
  EXPECT_THAT(names_in(folder_ / "out"), UnorderedElementsAre("a.safetensors.config.json"));
}

TEST_F(OutputFolderOfARun, ARunThatFailsLeavesTheEarlierSetAsItIs) {
  const fs::path out = folder_ / "out";
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  const std::string report = test::read_file(out / "report.json");
  fs::remove(folder_ / "checkpoint/model.safetensors");
  EXPECT_THAT(run_to(out, "a.safetensors"), HasSubstr("exit 5"));
  EXPECT_EQ(test::read_file(out / "report.json"), report);
  EXPECT_TRUE(fs::exists(out / "a.safetensors"));
}

// A killed run's journal: the next command that reads the folder completes it.
TEST_F(OutputFolderOfARun, DiffCompletesAnOpenCommitBeforeItReads) {
  const fs::path out = folder_ / "out", stage = out / ".vernier-0123456789abcdef.tmp";
  ASSERT_EQ(run_to(out, "a.safetensors"), "");
  const std::string report = test::read_file(out / "report.json");
  fs::create_directory(stage);
  fs::rename(out / "report.json", stage / "report.json");
  test::write_file(out / kJournalName, R"({"version": 1, "stage": ".vernier-0123456789abcdef.tmp",)"
                                       R"( "puts": ["report.json"], "removes": []})");
  EXPECT_NO_THROW((void)diff_runs(out, out));
  EXPECT_EQ(test::read_file(out / "report.json"), report);
  EXPECT_FALSE(fs::exists(out / kJournalName));
  EXPECT_FALSE(fs::exists(stage));
  test::write_file(out / kJournalName, "{");
  try {
    (void)diff_runs(out, out);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.format(), HasSubstr("unfinished commit"));
  }
}

}  // namespace
}  // namespace vernier::core::testing
