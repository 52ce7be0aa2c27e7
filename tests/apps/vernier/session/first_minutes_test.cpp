// What a newcomer meets on the command line: the verdict, hints for slips, completion, the version.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/temp_folder.h"

namespace vernier::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kEmbedder = VERNIER_SOURCE_DIR "/configs/gemma4_embedder.json";

std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  const size_t begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

// Standard output alone.
Outcome printed(const std::string& arguments) { return run_shell(kVernier + arguments + " 2>/dev/null"); }

TEST(VerdictOfARun, IsItsLastLine) {
  const TempFolder folder;
  const std::string run = "run " + kEmbedder + " --out " + (folder / "run").string();
  const std::string page = (folder / "run/report.html").string();
  const Outcome good = printed(run);
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(last_line(good.text),
              MatchesRegex("(PASS|WARN) .* · [0-9.]+ .?B \\([0-9.]+ × smaller\\) · open " + page + "\n?"));
  const Outcome failed = printed(run + R"( --set 'gates={"peir": "<= 0.0001"}')");
  EXPECT_EQ(failed.exit_code, 4);
  EXPECT_THAT(last_line(failed.text), StartsWith("FAIL peir "));
  EXPECT_THAT(failed.text, HasSubstr("try  16 bits for activations"));
  EXPECT_THAT(failed.text, Not(HasSubstr("\x1b"))) << "no colour on a pipe";
  EXPECT_THAT(failed.text, Not(HasSubstr("embed_vision.q.circle"))) << "a file that is not there";
  const Outcome all = run_vernier(run + R"( --set 'gates={"peir": "<= 0.0001"}')");
  EXPECT_THAT(all.text, HasSubstr("error: gate peir <= 0.0001"));
  // Scripts get the report, whatever came of it.
  const Outcome script = printed(run + R"( --json --set 'gates={"peir": "<= 0.0001"}')");
  EXPECT_EQ(script.exit_code, 4);
  EXPECT_EQ(nlohmann::json::parse(script.text)["verdict"]["result"], "FAIL");
  const Outcome gates = printed("gates " + (folder / "run").string());
  EXPECT_EQ(gates.exit_code, 4);
  EXPECT_THAT(gates.text, StartsWith("not met  peir "));
  EXPECT_THAT(printed("gates --format junit " + (folder / "run").string()).text,
              HasSubstr("tests=\"1\" failures=\"1\""));
}

TEST(SlipsOfTheHand, GetAHint) {
  const std::pair<const char*, const char*> rows[] = {{"rnu", "did you mean \"run\"?"},
                                                      {"quantise", "did you mean \"quantize\"?"},
                                                      {"xyzzy", "error: vernier has no command \"xyzzy\"\n"},
                                                      {"plan --sumary r.json", "did you mean \"--summary\"?"},
                                                      {"run r.json --outt=x", "did you mean \"--out\"?"},
                                                      {"", "error: no command is given\n"}};
  for (const auto& [words, hint] : rows) {
    const Outcome outcome = run_vernier(words);
    EXPECT_EQ(outcome.exit_code, 2) << words;
    EXPECT_THAT(outcome.text, HasSubstr(hint)) << words;
  }
  EXPECT_THAT(run_vernier("trail").text, Not(HasSubstr("trial"))) << "the program's own commands are no hint";
}

TEST(ShortForms, OfAPlan) {
  const Outcome summary = printed("plan --summary " + kEmbedder);
  EXPECT_EQ(summary.exit_code, 0);
  EXPECT_LT(std::count(summary.text.begin(), summary.text.end(), '\n'), 10);
  const Outcome sites = printed("plan --site '**/weight' --json " + kEmbedder);
  EXPECT_EQ(sites.exit_code, 0);
  EXPECT_GT(nlohmann::json::parse(sites.text).size(), 0u);
  EXPECT_EQ(run_vernier("plan --site 'no/where' " + kEmbedder).exit_code, 2);
  EXPECT_EQ(run_vernier("plan --summary --site '**' " + kEmbedder).exit_code, 2);
}

TEST(Version, NamesCommitAbiAndLibTorch) {
  EXPECT_THAT(
      printed("--version").text,
      MatchesRegex("vernier [0-9.]+ \\(commit ([0-9a-f]+|unknown)\\), ABI 1\\.[0-9]+, LibTorch .+\n"));
}

TEST(Completion, IsWhatTheShellsTake) {
  const TempFolder folder;
  const Outcome bash = printed("completion bash");
  EXPECT_EQ(bash.exit_code, 0);
  write_file(folder / "vernier.bash", bash.text);
  const auto complete = [&](const std::string& words, int index) {
    return run_shell("bash -c 'source " + (folder / "vernier.bash").string() + " && COMP_WORDS=(" + words +
                     ") COMP_CWORD=" + std::to_string(index) + " && _vernier && echo ${COMPREPLY[@]}'")
        .text;
  };
  EXPECT_EQ(complete("vernier pla", 1), "plan\n");
  EXPECT_EQ(complete("vernier plan --summ", 2), "--summary\n");
  EXPECT_THAT(complete("vernier \"\"", 1), Not(HasSubstr("trial")));
  const Outcome page = printed("completion man");
  EXPECT_THAT(page.text, StartsWith(".TH VERNIER 1"));
  EXPECT_THAT(page.text, HasSubstr("\n.SS quantize\n"));
  EXPECT_THAT(page.text, HasSubstr("\n.B \\-\\-summary\n"));
  EXPECT_THAT(printed("completion zsh").text, StartsWith("#compdef vernier\n"));
  EXPECT_EQ(run_vernier("completion fish").exit_code, 2);
}

TEST(Inspect, OfAModelThatNobodyServesEndsWithThree) {
  const TempFolder folder;
  write_file(folder / "config.json", R"({"architectures": ["T5Model"]})");
  const Outcome none = run_vernier("inspect " + folder.path().string());
  EXPECT_EQ(none.exit_code, 5) << "no tensors at all\n" << none.text;
  EXPECT_EQ(run_shell("cp " VERNIER_SOURCE_DIR "/tests/data/golden/bert_tiny/model.safetensors " +
                      folder.path().string())
                .exit_code,
            0);
  const Outcome outcome = run_vernier("inspect " + folder.path().string());
  EXPECT_EQ(outcome.exit_code, 3) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("T5Model: not served as a whole: "));
}

}  // namespace
}  // namespace vernier::test
