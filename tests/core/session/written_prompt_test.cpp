// `vernier generate FOLDER --prompt TEXT`: words through a processor, over executed files.
#include <gmock/gmock.h>

#include "core/program/toy_folder.h"
#include "support/expect_error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {
namespace {

using namespace testing;

// One token a letter: the toy's vocabulary is a to x.
class WrittenPromptFolder : public ToyFolder {
 protected:
  WrittenPromptFolder() {
    Model model(options());
    write_program_file(with_toy_files(model.p, toy_document()), run_folder());
    options_.folder.folder = run_folder();
    options_.folder.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) /
                                    "fixtures/letters/letters.so"};
  }
  [[nodiscard]] GenerateOptions words(const std::string& text) const {
    GenerateOptions result = options_;
    result.written.emplace();
    result.written->text = text;
    result.written->processor = "letters";
    return result;
  }
  static std::string letters(const json& tokens) {
    std::string text;
    for (const json& token : tokens) text += static_cast<char>('a' + token.get<int>());
    return text;
  }

  GenerateOptions options_;
};

TEST_F(WrittenPromptFolder, AnswersInWords) {
  GenerateOptions tokens = options_;
  tokens.prompt = {5, 11};
  const json wanted = generate(tokens);
  ASSERT_EQ(wanted.at("end"), "context");
  for (const bool is_raw : {false, true}) {
    GenerateOptions given = words("fl");
    given.written->is_raw = is_raw;
    json made = generate(given);
    EXPECT_EQ(made.at("text"), letters(wanted.at("tokens"))) << is_raw;
    made.erase("text");
    EXPECT_EQ(made, wanted) << is_raw;
  }
}

TEST_F(WrittenPromptFolder, SaysNothingOfTheTokenThatStops) {
  const json whole = generate(words("fl"));
  GenerateOptions given = words("fl");
  given.stop = {whole.at("tokens").at(0).get<int32_t>()};
  const json made = generate(given);
  EXPECT_EQ(made.at("end"), "stop");
  EXPECT_EQ(made.at("tokens").size(), 1U);
  EXPECT_EQ(made.at("text"), "");
}

TEST_F(WrittenPromptFolder, RefusesAPromptThatTheSetIsNotMadeFor) {
  test::expect_error(ErrorKind::kData, "the prompt has 8 tokens (input_ids); the program takes 1 to 7",
                     [&] { (void)generate(words("abcdefgh")); });
  test::expect_error(ErrorKind::kData, "element 0 of input_ids is 24; legal are 0 to 23",
                     [&] { (void)generate(words("y")); });
  GenerateOptions given = words("fl");
  given.written->images = {"a.png"};
  test::expect_error(ErrorKind::kData, "the prompt has 1 pictures; the program takes none",
                     [&] { (void)generate(given); });
}

TEST_F(WrittenPromptFolder, RefusesOptionsThatAreNone) {
  GenerateOptions given = words("fl");
  given.written->processor_options = "[1]";
  test::expect_error(ErrorKind::kUsage, "the processor's options are no JSON object: [1]",
                     [&] { (void)generate(given); });
  given = words("fl");
  given.written->processor = "letter";
  test::expect_error(ErrorKind::kPlugin, "no plugin provides processor \"letter\"",
                     [&] { (void)generate(given); });
  given.written->processor = "checkpoint_files";
  given.written->processor_options = R"({"tokens": "many"})";
  test::expect_error(ErrorKind::kUsage, "processor checkpoint_files: ", [&] { (void)generate(given); });
  given.written->processor.clear();
  test::expect_error(ErrorKind::kPlugin, "there are several processors: checkpoint_files, letters",
                     [&] { (void)generate(given); });
  test::expect_error(ErrorKind::kUsage, "is not UTF-8", [&] { (void)generate(words("\xff")); });
  given = words("fl");
  given.prompt = {1};
  test::expect_error(ErrorKind::kUsage, "a prompt in words, and tokens or a request besides",
                     [&] { (void)generate(given); });
}

}  // namespace
}  // namespace vernier::core
