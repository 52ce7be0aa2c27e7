// `vernier trace`: the values of a sample by name, and each of its exit codes.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <map>
#include <nlohmann/json.hpp>

#include "checkpoint/safetensors.h"
#include "command_line.h"
#include "support/linear_recipe.h"
#include "support/tensors.h"

namespace vernier::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TraceCommand : public ::testing::Test {
 protected:
  TraceCommand() {
    write_linear_checkpoint(folder_.path(), 3, 4, 0.5, 0);
    nlohmann::json recipe = linear_recipe(folder_ / "checkpoint", true, {2, 4}, 3);
    recipe["evaluation"] = {{"samples", 2}};
    write_file(folder_ / "recipe.json", recipe.dump());
  }
  Outcome trace(const std::string& out, const std::string& more = {}) const {
    return run_vernier("trace " + (folder_ / "recipe.json").string() + " --out " + (folder_ / out).string() +
                       " " + more);
  }
  [[nodiscard]] std::string compared(const std::string& file) const {
    return "--compare " + (folder_ / file).string();
  }
  // The values of `from` with one number of `name` changed.
  void change(const std::string& from, const std::string& to, const std::string& name, float by) const {
    const core::Safetensors file = core::Safetensors::open(folder_ / from);
    std::map<std::string, core::Tensor> tensors;
    for (const std::string& one : file.names()) {
      tensors[one] = file.tensor(one);
      if (one != name) continue;
      std::vector<float> values(tensors[one].as<float>(), tensors[one].as<float>() + tensors[one].elements());
      values[1] += by;
      tensors[one] = floats(tensors[one].shape, values);
    }
    write_tensors(folder_ / to, tensors);
  }

  TempFolder folder_;
};

TEST_F(TraceCommand, WritesEachValueInTheOrderOfTheProgram) {
  const Outcome outcome = trace("a.safetensors");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  const core::Safetensors file = core::Safetensors::open(folder_ / "a.safetensors");
  EXPECT_EQ(file.metadata().at("order"), "input/input\nact_in.0\nlinear.0\nact_out.0");
  EXPECT_EQ(file.metadata().at("reading"), "float");
  EXPECT_EQ(file.tensor("linear.0").shape, (core::Shape{2, 3}));
  EXPECT_EQ(file.tensor("act_in.0").as<float>()[3], file.tensor("input/input").as<float>()[3]);
}

TEST_F(TraceCommand, ExitsWith0WhereAllIsEqual) {
  ASSERT_EQ(trace("a.safetensors").exit_code, 0);
  const Outcome same = trace("b.safetensors", compared("a.safetensors"));
  EXPECT_EQ(same.exit_code, 0) << same.text;
  EXPECT_THAT(same.text, HasSubstr("4 compared, 0 differ"));
  change("a.safetensors", "c.safetensors", "linear.0", 0.25f);
  EXPECT_EQ(trace("b.safetensors", compared("c.safetensors") + " --atol 0.3").exit_code, 0);
  EXPECT_EQ(trace("b.safetensors", compared("c.safetensors") + " --rtol 1e6").exit_code, 0);
}

TEST_F(TraceCommand, ExitsWith4AndNamesTheFirstThatDiffers) {
  ASSERT_EQ(trace("a.safetensors").exit_code, 0);
  change("a.safetensors", "c.safetensors", "linear.0", 0.25f);
  const Outcome outcome = trace("b.safetensors", compared("c.safetensors") + " --atol 0.1 --json");
  EXPECT_EQ(outcome.exit_code, 4) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("\"name\": \"linear.0\""));
  EXPECT_THAT(outcome.text, HasSubstr("\"largest\": 0.25"));
  EXPECT_THAT(outcome.text, HasSubstr("\"differing\": 1"));
  const Outcome quantized = trace("q.safetensors", compared("a.safetensors") + " --reading quantize");
  EXPECT_EQ(quantized.exit_code, 4) << quantized.text;
  EXPECT_THAT(quantized.text, HasSubstr("first difference: act_in.0 [2,4]")) << "the input is the same";
  EXPECT_EQ(trace("s.safetensors", compared("a.safetensors") + " --sample 1").exit_code, 4)
      << "another input";
}

TEST_F(TraceCommand, ExitsWith2WhereTheCommandLineIsWrong) {
  ASSERT_EQ(trace("a.safetensors").exit_code, 0);
  EXPECT_EQ(run_vernier("trace " + (folder_ / "recipe.json").string()).exit_code, 2) << "no --out";
  EXPECT_EQ(trace("b.safetensors", "--reading exact").exit_code, 2);
  EXPECT_EQ(trace("b.safetensors", "--atol 1").exit_code, 2) << "nothing to compare with";
  EXPECT_THAT(trace("b.safetensors", "--sample 2").text,
              HasSubstr("has 2 evaluation samples, and no sample 2"));
  EXPECT_EQ(trace("b.safetensors", "--sample 2").exit_code, 2);
  const Outcome over = trace("a.safetensors", compared("a.safetensors"));
  EXPECT_EQ(over.exit_code, 2);
  EXPECT_THAT(over.text, HasSubstr("would overwrite what it is compared with"));
  EXPECT_EQ(trace("recipe.json").exit_code, 2);
  EXPECT_EQ(trace("checkpoint/model.safetensors").exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "b.safetensors"));
}

// Inputs have more names than one, and places that are no files are no place for one.
TEST_F(TraceCommand, WritesOverNothingThatIsReadOrNoFile) {
  const std::filesystem::path blob = folder_ / "blobs/abc";
  std::filesystem::create_directory(folder_ / "blobs");
  std::filesystem::rename(folder_ / "checkpoint/model.safetensors", blob);
  std::filesystem::create_symlink(blob, folder_ / "checkpoint/model.safetensors");
  const std::string before = read_file(blob);
  Outcome outcome = trace("blobs/abc");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("the checkpoint"));
  EXPECT_EQ(read_file(blob), before);
  outcome = trace("journal/kept.observations", "--set runtime.journal=" + (folder_ / "journal").string());
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  outcome = trace("pipe");
  EXPECT_EQ(outcome.exit_code, 5) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("no regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(folder_ / "pipe"));
}

TEST_F(TraceCommand, AMissingNameIsADifference) {
  ASSERT_EQ(trace("a.safetensors").exit_code, 0);
  const core::Safetensors file = core::Safetensors::open(folder_ / "a.safetensors");
  write_tensors(folder_ / "less.safetensors", {{"linear.0", file.tensor("linear.0")}});
  const Outcome outcome = trace("b.safetensors", compared("less.safetensors"));
  EXPECT_EQ(outcome.exit_code, 4) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("3 values are on one side only"));
  EXPECT_EQ(trace("b.safetensors", compared("a.safetensors") + " --atol nan").exit_code, 2);
}

TEST_F(TraceCommand, ExitsWith5WhereTheOtherFileIsNone) {
  write_tensors(folder_ / "strange.safetensors", {{"elsewhere", ramp({2})}});
  const Outcome strange = trace("b.safetensors", compared("strange.safetensors"));
  EXPECT_EQ(strange.exit_code, 5) << strange.text;
  EXPECT_THAT(strange.text, HasSubstr("it has none of the names that this recipe's values have"));
  EXPECT_EQ(trace("b.safetensors", compared("gone.safetensors")).exit_code, 5);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "b.safetensors"));
}

TEST_F(TraceCommand, ExitsWith3WhereAPluginIsMissing) {
  EXPECT_EQ(trace("b.safetensors", "--set quantization.weight.observer=nobody").exit_code, 2)
      << "a recipe's word";
  EXPECT_EQ(trace("b.safetensors", "--plugin " + (folder_ / "gone.so").string()).exit_code, 3);
}

}  // namespace
}  // namespace vernier::test
