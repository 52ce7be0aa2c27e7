// Which requests a file of texts, of objects or a table has, and what is refused by line.
#include "calibration/prompt_lines.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

class PromptFiles : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) {
    test::write_file(folder_ / name, text);
    return folder_ / name;
  }
  void refused(const std::string& name, const std::string& text, PromptChoice choice,
               const std::string& what) {
    const std::filesystem::path path = file(name, text);
    test::expect_error(ErrorKind::kData, what, [&] {
      const PromptLines lines(path, choice);
      for (size_t i = 0; i < lines.size(); ++i) (void)lines.request(i);
    });
  }
  test::TempFolder folder_;
};

TEST_F(PromptFiles, OfATableHaveTheTextsOfAColumn) {
  const auto path = file("a.csv", "\xEF\xBB\xBFid,text\r\n1,plain\r\n2,\"a, b and \"\"c\"\"\nd\"\n\n3,last");
  const PromptLines lines(path, {"text", 0});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines.request(0), R"({"text":"plain"})");
  EXPECT_EQ(lines.request(1), R"({"text":"a, b and \"c\"\nd"})");
  EXPECT_EQ(lines.request(2), R"({"text":"last"})");
  EXPECT_EQ(lines.where(1), path.string() + ":3");
  EXPECT_EQ(lines.where(2), path.string() + ":6") << "a break in quotes and an empty line are lines";
  EXPECT_EQ(PromptLines(path, {"id", 0}).request(2), R"({"text":"3"})");
}

TEST_F(PromptFiles, LeaveOutTheLinesThatAreSkipped) {
  const PromptLines texts(file("a.txt", "# note\none\ntwo\nthree\n"), {"", 2});
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_EQ(texts.request(0), R"({"text":"three"})");
  EXPECT_THAT(texts.where(0), ::testing::EndsWith("a.txt:4"));
  EXPECT_EQ(PromptLines(file("b.csv", "t\na\nb\n"), {"t", 1}).request(0), R"({"text":"b"})");
  refused("a.txt", "one\n", {"", 1}, "1 lines are skipped, and there are 1");
}

TEST_F(PromptFiles, OfObjectsHaveTheTextsOfAKey) {
  const auto path = file("a.jsonl", "{\"q\": \"one\", \"n\": 1}\n");
  EXPECT_EQ(PromptLines(path, {"q", 0}).request(0), R"({"text":"one"})");
  EXPECT_EQ(PromptLines(path).request(0), R"({"n":1,"q":"one"})");
  refused("a.jsonl", "{\"q\": \"one\"}\n{\"q\": 2}\n", {"q", 0}, "a.jsonl:2");
}

TEST_F(PromptFiles, AreRefusedByLine) {
  refused("a.csv", "text\na\n", {"txt", 0}, "did you mean \"text\"?");
  refused("a.csv", "text,id\na,1\n", {"", 0}, "columns: \"text\", \"id\"");
  refused("a.csv", "text,id\na,1\nb\n", {"text", 0}, "a.csv:3");
  refused("a.csv", "text,id\na,1\n,2\n", {"text", 0}, "the cell of column \"text\" is empty");
  refused("a.csv", "text\n\"a\nb\n", {"text", 0}, "a quoted cell does not end");
  refused("a.csv", "text\n", {"text", 0}, "no row below");
  refused("a.csv", "", {"text", 0}, "the file is empty");
  refused("a.csv", "text\n\xff\n", {"text", 0}, "is not UTF-8");
  refused("a.txt", "one\n", {"text", 0}, "a .txt file has no columns");
}

}  // namespace
}  // namespace vernier::core
