// Samples of a program that a processor makes of lines of words.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/program/toy_program.h"
#include "session/program_requests.h"
#include "support/expect_error.h"
#include "support/open_processor.h"
#include "support/temp_folder.h"

namespace vernier::core::testing {
namespace {

// The toy's tokens by the fixture "spelling": a letter is a token, 0 for "a".
class PromptRequestsTest : public ::testing::Test {
 protected:
  PromptRequestsTest() {
    json document = toy_document();
    document["buffers"]["tokens"]["of"] = "input";
    program_ = std::make_unique<Program>(read_program(document.dump(), "toy"));
  }
  std::unique_ptr<ProgramRequests> open(const std::string& lines, const json& options = json::object(),
                                        std::optional<int64_t> samples = std::nullopt) {
    test::write_file(folder_ / "p.jsonl", lines);
    RecipeData data;
    data.inputs =
        json{{"kind", "prompts"}, {"path", "p.jsonl"}, {"processor", "spelling"}, {"options", options}};
    data.samples = samples;
    return open_requests(data, *program_, folder_.path(), "recipe.json:7:1",
                         [this](const std::string& name, const std::string& text) {
                           return plugin_.open(name, text, folder_.path());
                         });
  }
  static std::vector<int32_t> tokens(const ProgramSample& sample) {
    const Tensor& x = sample.request.at("input");
    return {x.as<int32_t>(), x.as<int32_t>() + x.elements()};
  }

  test::TempFolder folder_;
  test::ProcessorPlugin plugin_{"fixtures/spelling/spelling.so"};
  std::unique_ptr<Program> program_;
};

TEST_F(PromptRequestsTest, AnAnswerIsCutOffItsPrompt) {
  const auto requests = open("{\"text\": \"bcd\", \"answer\": \"ef\"}\n{\"text\": \"b\"}\n");
  ASSERT_EQ(requests->samples(), 2U);
  EXPECT_EQ(requests->sample(0).request.at("input").shape, (Shape{1, 3}));
  EXPECT_EQ(tokens(requests->sample(0)), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(requests->sample(0).answer, (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(tokens(requests->sample(1)), (std::vector<int32_t>{1}));
  EXPECT_EQ(requests->sample(1).answer, std::vector<int32_t>());
}

// A picture of the processor's that the program has no tensor for is left out, as for any entry.
TEST_F(PromptRequestsTest, TensorsThatTheProgramDoesNotTakeAreLeftOut) {
  test::write_file(folder_ / "a.png", "a");
  const auto requests = open("{\"text\": \"b\", \"image\": \"a.png\"}\n");
  EXPECT_EQ(requests->sample(0).request.size(), 1U);
}

TEST_F(PromptRequestsTest, RefusesALineByFileAndNumber) {
  const std::string good = "{\"text\": \"b\"}\n";
  const std::tuple<std::string, const char*, const char*> table[] = {
      {good + "{\"text\": \"B\"}\n", "\"B\" is no letter", "sample 1 ("},
      {good + "[1]\n", "the line is no object (array)", "p.jsonl:2"},
      {good + "{\"text\"\n", "", "p.jsonl:2"}};
  for (const auto& [lines, what, where] : table) {
    SCOPED_TRACE(lines);
    try {
      (void)open(lines);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(ErrorKind::kData));
      EXPECT_NE(error.format().find(what), std::string::npos) << error.format();
      EXPECT_NE(error.format().find(where), std::string::npos) << error.format();
      EXPECT_NE(error.format().find("p.jsonl:2"), std::string::npos) << error.format();
    }
  }
  test::expect_error(ErrorKind::kData, "further line", [&] { (void)open(good, json::object(), 2); });
}

// 24 MB, which wait in a scratch file: this processor would give other tokens the second time.
TEST_F(PromptRequestsTest, ALargeSampleIsMadeOnce) {
  const auto requests =
      open("{\"text\": \"bc\", \"repeat\": 3000000}\n{\"text\": \"d\", \"answer\": \"e\"}\n",
           {{"forgets", true}, {"log", (folder_ / "log").string()}});
  for (int time = 0; time < 2; ++time) {
    const core::Tensor large = requests->sample(0).request.at("input");
    EXPECT_EQ(large.shape, (Shape{1, 6000000}));
    EXPECT_EQ(large.as<int32_t>()[0], 1);
    EXPECT_EQ(large.as<int32_t>()[5999999], 2);
    EXPECT_EQ(requests->sample(1).answer, (std::vector<int32_t>{5}));  // "e" of the second request
  }
  EXPECT_EQ(std::filesystem::file_size(folder_ / "log"), 6000001U + 2U);
}

}  // namespace
}  // namespace vernier::core::testing
