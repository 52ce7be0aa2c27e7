// Lines become samples by a processor: which, with what identity, and what a line that lacks an input is.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "calibration/input_source.h"
#include "calibration/samples_manifest.h"
#include "support/expect_error.h"
#include "support/open_processor.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

class PromptInputs : public ::testing::Test {
 protected:
  std::unique_ptr<InputSource> open(const std::string& file,
                                    const std::vector<std::string>& names = {"input"},
                                    std::optional<uint64_t> wanted = {}, const nlohmann::json& more = {}) {
    nlohmann::json description = {{"kind", "prompts"}, {"path", file}, {"processor", "spelling"}};
    if (more.is_object()) description.update(more);
    return open_inputs(description, folder_.path(), names, wanted, 7, "r.json:1:1",
                       [&](const std::string& name, const std::string& options) {
                         ++opened_;
                         return plugin_.open(name, options, folder_.path());
                       });
  }
  void write(const std::string& name, const std::string& text) { test::write_file(folder_ / name, text); }
  [[nodiscard]] std::string where(const std::string& name) const { return (folder_ / name).string(); }

  test::TempFolder folder_;
  test::ProcessorPlugin plugin_{"fixtures/spelling/spelling.so"};
  int opened_ = 0;
};

TEST_F(PromptInputs, ALineIsASample) {
  write("a.jsonl", "{\"text\": \"ab\"}\n{\"text\": \"c\", \"answer\": \"de\"}\n{\"text\": \"f\"}\n");
  const auto source = open("a.jsonl");
  ASSERT_EQ(source->samples(), 3u);
  EXPECT_EQ(source->sample(1)[0].as<int32_t>()[2], 4);
  EXPECT_EQ(source->types(1), (std::vector<TensorType>{{kInt32, {1, 3}}}));
  EXPECT_EQ(source->types(2), types_of(source->sample(2)));
  ASSERT_NE(source->manifest(), nullptr);
  const nlohmann::json manifest = source->manifest()->to_json();
  EXPECT_EQ(manifest["path"], where("a.jsonl"));
  EXPECT_EQ(manifest["processor"], "spelling");
  EXPECT_EQ(manifest["plugin"], "org.example.fixture.spelling");
  EXPECT_EQ(manifest["lines"], 3);
  EXPECT_EQ(manifest["samples"], 3);
  EXPECT_EQ(manifest["tokens"],
            (nlohmann::json{{"samples", 3}, {"least", 1}, {"greatest", 3}, {"total", 6}}));
  EXPECT_EQ(manifest["answers"],
            (nlohmann::json{{"samples", 1}, {"least", 2}, {"greatest", 2}, {"total", 2}}));
  EXPECT_EQ(manifest["inputs"], (nlohmann::json{{"input", 3}}));
  EXPECT_EQ(open("a.jsonl", {"input"}, 2)->samples(), 2u);
}

TEST_F(PromptInputs, ATextFileIsATextALine) {
  write("a.txt", "# letters\nab\n\nc\n");
  write("a.jsonl", "{\"text\": \"ab\"}\n{\"text\": \"c\"}\n");
  const auto texts = open("a.txt"), requests = open("a.jsonl");
  ASSERT_EQ(texts->samples(), 2u);
  EXPECT_EQ(texts->identity(), requests->identity());
  EXPECT_EQ(shared_samples(*texts->manifest(), *requests->manifest()), 2u);
  EXPECT_TRUE(texts->manifest()->to_json()["answers"].is_null());
}

TEST_F(PromptInputs, TheIdentityFollowsTheInputs) {
  write("a.txt", "ab\nc\n");
  const std::string before = open("a.txt")->identity();
  EXPECT_EQ(open("a.txt")->identity(), before);
  EXPECT_NE(open("a.txt", {"input"}, 1)->identity(), before);
  EXPECT_NE(open("a.txt", {"input"}, {}, {{"options", {{"letters", 1}}}})->identity(), before);
  write("a.txt", "ab\nd\n");
  EXPECT_NE(open("a.txt")->identity(), before);
}

TEST_F(PromptInputs, WhatTheOptionsCutIsCounted) {
  write("a.txt", "abc\na\nabcd\n");
  const auto source = open("a.txt", {"input"}, {}, {{"options", {{"letters", 2}}}});
  EXPECT_EQ(source->manifest()->cut, 2u);
  EXPECT_EQ(source->manifest()->tokens.greatest, 2u);
}

TEST_F(PromptInputs, ALineThatLacksAnInputIsRefusedWithItsNumber) {
  write("one.raw", "1");
  write("a.jsonl", "{\"text\": \"a\", \"image\": \"one.raw\"}\n{\"text\": \"b\"}\n");
  test::expect_error(
      ErrorKind::kData,
      fmt::format("sample 1 gives no \"x\"\n  at {}:2\n  processor spelling gives input of it; "
                  "\"lacking\": \"skip\" leaves such lines out",
                  where("a.jsonl")),
      [&] { (void)open("a.jsonl", {"x"}); });
}

TEST_F(PromptInputs, OrLeftOutAndCounted) {
  write("one.raw", "1");
  write("two.raw", "2");
  write("a.jsonl",
        "{\"text\": \"a\"}\n{\"text\": \"b\", \"image\": \"one.raw\"}\n{\"text\": \"c\"}\n"
        "{\"text\": \"d\", \"image\": \"two.raw\"}\n");
  const nlohmann::json skip = {{"lacking", "skip"}};
  const auto source = open("a.jsonl", {"x"}, {}, skip);
  ASSERT_EQ(source->samples(), 2u);
  EXPECT_EQ(source->sample(1)[0].as<float>()[0], '2');
  EXPECT_EQ(source->manifest()->lines, 4u);
  EXPECT_EQ(source->manifest()->skipped, 2u);
  EXPECT_EQ(source->manifest()->reached.at("x"), 2u);
  EXPECT_EQ(source->manifest()->with_pictures, 2u);
  EXPECT_EQ(open("a.jsonl", {"x"}, 1, skip)->manifest()->lines, 2u);
  test::expect_error(ErrorKind::kData, "3 samples are asked for, but there are 2",
                     [&] { (void)open("a.jsonl", {"x"}, 3, skip); });
  write("b.jsonl", "{\"text\": \"a\"}\n");
  test::expect_error(ErrorKind::kData, "no samples: there is no line that gives all inputs of the entry",
                     [&] { (void)open("b.jsonl", {"x"}, {}, skip); });
}

TEST_F(PromptInputs, ASampleThatIsMadeAgainMustBeTheSame) {
  // Above 16 MiB a sample is not kept.
  write("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\", \"repeat\": 5242880}\n");
  EXPECT_EQ(open("a.jsonl")->sample(1)[0].shape, (Shape{1, 5 << 20}));
  const auto forgets = open("a.jsonl", {"input"}, {}, {{"options", {{"forgets", true}}}});
  EXPECT_EQ(forgets->sample(0)[0].as<int32_t>()[0], 0) << "a small one is kept";
  test::expect_error(
      ErrorKind::kData,
      "sample 1 gives other inputs than when it was first read\n  at " + where("a.jsonl") + ":2",
      [&] { (void)forgets->sample(1); });
}

TEST_F(PromptInputs, WhatIsWrongIsNamedWithFileAndLine) {
  struct Row {
    const char* text;
    const char* file;
    ErrorKind kind;
    std::string what;
  };
  const Row table[] = {
      {"{\"text\": \"a\"}\n{\"text\": \"B\"}\n", "a.jsonl", ErrorKind::kData,
       fmt::format("\"B\" is no letter\n  at sample 1 ({}:2), processor spelling", where("a.jsonl"))},
      {"{\"text\": \"a\"}\n[1]\n", "a.jsonl", ErrorKind::kData,
       fmt::format("the line is no object (array)\n  at {}:2\n  write a request", where("a.jsonl"))},
      {"{\"text\": \"a\"}\n{\"text\": }\n", "a.jsonl", ErrorKind::kData, where("a.jsonl") + ":2:10"},
      {"{\"text\": \"a\", \"text\": \"b\"}\n", "a.jsonl", ErrorKind::kData, where("a.jsonl") + ":1:"},
      {"a\n\xff\xfe\n", "a.txt", ErrorKind::kData,
       fmt::format("the line is not UTF-8\n  at {}:2", where("a.txt"))},
      {"", "a.txt", ErrorKind::kData, "the file is empty"}};
  for (const Row& row : table) {
    write(row.file, row.text);
    test::expect_error(row.kind, row.what, [&] { (void)open(row.file); });
  }
  test::expect_error(ErrorKind::kData, "none.txt", [&] { (void)open("none.txt"); });
  write("a.txt", "a\n");
  opened_ = 0;
  test::expect_error(ErrorKind::kData, "2 samples are asked for, but there are 1",
                     [&] { (void)open("a.txt", {"input"}, 2); });
  EXPECT_EQ(opened_, 0) << "no processor is needed to count lines";
  test::expect_error(ErrorKind::kPlugin, "no plugin provides processor \"spellin\"", [&] {
    (void)open("a.txt", {"input"}, {}, {{"processor", "spellin"}});
  });
  test::expect_error(ErrorKind::kUsage, "\"lackin\"", [&] {
    (void)open("a.txt", {"input"}, {}, {{"lackin", "skip"}});
  });
}

}  // namespace
}  // namespace vernier::core
