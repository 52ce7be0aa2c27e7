// What the program returns and prints when something is wrong, and that it then leaves nothing behind.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "command_line.h"
#include "core/checkpoint/broken_checkpoints.h"
#include "vernier/core/synthesize.h"

namespace vernier::test {
namespace {

namespace fs = std::filesystem;
const std::string kSource = VERNIER_SOURCE_DIR;

TEST(ExitCodes, EachBrokenRecipeIsRefusedWithItsPlaceAndWritesNothing) {
  const fs::path folder = fs::path(kSource) / "tests/data/recipes/broken";
  const auto expected = nlohmann::json::parse(std::ifstream(folder / "expected.json"));
  ASSERT_GE(expected.size(), 30u);
  for (const auto& [file, wanted] : expected.items()) {
    const TempFolder out;
    const Outcome outcome =
        run_vernier("run " + (folder / file).string() + " --out " + (out / "run").string());
    EXPECT_EQ(outcome.exit_code, 2) << file << "\n" << outcome.text;
    const std::string place = file + ":" + std::to_string(wanted.at("line").get<int>()) + ":" +
                              std::to_string(wanted.at("column").get<int>());
    EXPECT_NE(outcome.text.find(place), std::string::npos) << file << " should name " << place << "\n"
                                                           << outcome.text;
    if (wanted.contains("suggestion")) {
      EXPECT_NE(outcome.text.find(wanted.at("suggestion").get<std::string>()), std::string::npos)
          << file << "\n"
          << outcome.text;
    }
    EXPECT_FALSE(fs::exists(out / "run")) << file;
  }
}

TEST(ExitCodes, EachBrokenCheckpointIsRefusedNamingTheTensorAndWritesNothing) {
  const auto table = broken_tensors();
  ASSERT_GE(table.size(), 15u);
  for (const BrokenCheckpoint& broken : table) {
    const TempFolder folder;
    fs::create_directories(folder / "checkpoint");
    broken.write(folder / "checkpoint");
    const Outcome outcome =
        run_vernier("run " + kSource + "/configs/gemma4_embedder.json --out " + (folder / "run").string() +
                    " --set model.checkpoint=" + (folder / "checkpoint").string());
    EXPECT_EQ(outcome.exit_code, 5) << broken.name << "\n" << outcome.text;
    EXPECT_NE(outcome.text.find(broken.message), std::string::npos) << broken.name << "\n" << outcome.text;
    EXPECT_NE(outcome.text.find(broken.tensor), std::string::npos) << broken.name << "\n" << outcome.text;
    EXPECT_FALSE(fs::exists(folder / "run")) << broken.name;
  }
}

TEST(ExitCodes, AreAsTheReadmeSays) {
  const TempFolder folder;
  const std::string recipe = kSource + "/configs/gemma4_embedder.json";
  const std::string out = " --out " + (folder / "run").string();
  EXPECT_EQ(run_vernier("run " + recipe + out).exit_code, 0);
  EXPECT_EQ(run_vernier("").exit_code, 2);
  EXPECT_EQ(run_vernier("rnu").exit_code, 2);
  EXPECT_EQ(run_vernier("run " + recipe + " --no-such-option").exit_code, 2);
  EXPECT_EQ(run_vernier("run " + recipe + out + " --plugin " + (folder / "absent.so").string()).exit_code, 3);
  EXPECT_EQ(run_vernier("run " + recipe + out + R"( --set 'gates={"peir": "<= 0.0001"}')").exit_code, 4);
  EXPECT_EQ(run_vernier("inspect " + (folder / "absent").string()).exit_code, 5);
  EXPECT_EQ(run_vernier("--version").exit_code, 0);
  EXPECT_EQ(run_vernier("plugins --explain nobody").exit_code, 3);
}

TEST(Output, ThatCannotBePrintedIsAnError) {
  const TempFolder folder;
  const std::string recipe = kSource + "/configs/gemma4_embedder.json";
  const std::string commands[] = {"run " + recipe + " --json --out " + (folder / "run").string(),
                                  "run " + recipe + " --out " + (folder / "run").string(),
                                  "plan " + recipe,
                                  "plan " + recipe + " --json",
                                  "plugins",
                                  "inspect " + kSource + "/tests/data/seed_example",
                                  "schema recipe",
                                  "verify " + kSource + "/tests/data/circle/layer_norm.circle",
                                  "--help",
                                  "--version"};
  for (const std::string& command : commands) {
    // Standard error comes here, standard output goes elsewhere.
    const Outcome full = run_shell(kVernier + command + " 2>&1 >/dev/full");
    EXPECT_EQ(full.exit_code, 5) << command << "\n" << full.text;
    EXPECT_NE(full.text.find("the result cannot be printed: No space left on device"), std::string::npos)
        << command << "\n"
        << full.text;
    const Outcome closed = run_shell(kVernier + command + " 2>&1 >&-");
    EXPECT_EQ(closed.exit_code, 5) << command << "\n" << closed.text;
    EXPECT_NE(closed.text.find("the result cannot be printed: Bad file descriptor"), std::string::npos)
        << command << "\n"
        << closed.text;
  }
  EXPECT_TRUE(fs::exists(folder / "run/embed_vision.q.circle")) << "the run itself went well";
}

TEST(Output, WhoseReaderLeftIsAnError) {
  // The reader ends before the first byte comes.
  const Outcome outcome =
      run_shell("{ { sleep 1; " + std::string(kVernier) + "plugins; echo \"exit $?\" >&2; } | true; } 2>&1");
  EXPECT_NE(outcome.text.find("the result cannot be printed: Broken pipe"), std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find("exit 5"), std::string::npos) << outcome.text;
}

TEST(Output, OfStandardErrorMayBeLost) {
  const TempFolder folder;
  const std::string run = "run " + kSource + "/configs/gemma4_embedder.json --out ";
  EXPECT_EQ(run_shell(kVernier + run + (folder / "full").string() + " 2>/dev/full").exit_code, 0);
  EXPECT_EQ(run_shell(kVernier + run + (folder / "closed").string() + " 2>&- <&-").exit_code, 0);
  EXPECT_EQ(read_file(folder / "full/embed_vision.q.circle"),
            read_file(folder / "closed/embed_vision.q.circle"));
}

TEST(Output, BeyondTheLimitOfAFilesSizeIsAnErrorAndLeavesNothing) {
  const TempFolder folder;
  // Above the size of each plugin library, below that of the model file.
  write_file(folder / "description.json",
             R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "float32",)"
             R"( "shape": [2048, 2048], "distribution": "normal", "mean": 0, "std": 1}]})");
  core::synthesize(folder / "description.json", folder / "checkpoint");
  write_file(folder / "recipe.json",
             R"({"version": 1, "model": {"checkpoint": "checkpoint", "module": "", "type": "Linear",)"
             R"( "config": {"bias": false}}, "calibration": {"inputs": {"kind": "synthetic", "inputs":)"
             R"( {"input": {"shape": [1, 2048]}}}, "samples": 1},)"
             R"( "export": [{"backend": "circle", "file": "out.circle"}]})");
  const Outcome outcome =
      run_shell("ulimit -f 2000; " + std::string(kVernier) + "run " + (folder / "recipe.json").string() +
                " --out " + (folder / "run").string() + " 2>&1");
  EXPECT_EQ(outcome.exit_code, 5) << outcome.text;
  EXPECT_NE(outcome.text.find("File too large"), std::string::npos) << outcome.text;
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(Threads, ThatCannotStartAreAnErrorAndPlanNeedsNone) {
  const TempFolder folder;
  const std::string limit = "ulimit -v 3000000; " + std::string(kVernier);
  const std::string recipe = kSource + "/configs/gemma4_embedder.json --set runtime.threads=300";
  const Outcome run = run_shell("timeout 60 sh -c '" + limit + "run " + recipe + " --out " +
                                (folder / "run").string() + "' 2>&1");
  EXPECT_EQ(run.exit_code, 2) << run.text;
  EXPECT_NE(run.text.find("a pool of 300 threads cannot be started"), std::string::npos) << run.text;
  EXPECT_FALSE(fs::exists(folder / "run"));
  EXPECT_EQ(run_shell("timeout 60 sh -c 'ulimit -v 300000; " + std::string(kVernier) + "plan " + recipe + "'")
                .exit_code,
            0);
}

TEST(WrongPlugins, LeaveARunWorking) {
  const TempFolder folder;
  const auto fixture = [](const std::string& name) {
    return fs::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so");
  };
  fs::create_directories(folder / "plugins");
  for (const char* name : {"crash_on_load", "throws", "future_minor"})
    fs::copy_file(fixture(name), folder / "plugins" / (std::string(name) + ".so"));
  const std::string good = read_file(fixture("good"));
  write_file(folder / "plugins" / "cut.so", good.substr(0, good.size() / 2));
  write_file(folder / "plugins" / "noise.so", std::string(3000, '\x5a'));
  const std::string environment = "VERNIER_PLUGIN_PATH=" + (folder / "plugins").string() +
                                  " XDG_CACHE_HOME=" + (folder / "cache").string();
  const Outcome listing = run_vernier("plugins", environment);
  for (const char* part : {"crashed (Aborted)", "threw an exception", "needs a host of ABI 1.900",
                           "truncated", "not an ELF file"}) {
    EXPECT_NE(listing.text.find(part), std::string::npos) << part << "\n" << listing.text;
  }
  const Outcome outcome = run_vernier(
      "run " + kSource + "/configs/gemma4_embedder.json --out " + (folder / "run").string(), environment);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_TRUE(fs::exists(folder / "run/embed_vision.q.circle"));
}

TEST(Json, EachCommandPrintsADocument) {
  const TempFolder folder;
  const std::string recipe = kSource + "/configs/gemma4_embedder.json";
  const std::string circle = (folder / "run/embed_vision.q.circle").string();
  for (const std::string& command :
       {"run " + recipe + " --json --out " + (folder / "run").string(), "plan " + recipe + " --json",
        std::string("plugins --json"), "inspect " + circle + " --json",
        "inspect " + kSource + "/tests/data/seed_example --json", std::string("schema recipe"),
        std::string("inspect " VERNIER_BINARY_DIR "/lib/vernier/plugins/gemma4.so --json")}) {
    const Outcome outcome = run_vernier(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.text;
    EXPECT_TRUE(nlohmann::json::parse(outcome.text, nullptr, false).is_object())
        << command << "\n"
        << outcome.text.substr(0, 500);
    EXPECT_EQ(outcome.text.find('\x1b'), std::string::npos) << "escape codes on a pipe";
  }
}

}  // namespace
}  // namespace vernier::test
