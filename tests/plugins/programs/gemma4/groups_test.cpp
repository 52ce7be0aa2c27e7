// Units of a group in one file: prefill and decode of a layer hold its weights once, and the folder gives
// what it gives with a file a unit.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "circle/reader.h"
#include "file/mapped_file.h"
#include "plugins/programs/gemma4/program_recipe.h"
#include "program/program_folder.h"
#include "support/expect_error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

class Gemma4Groups : public ProgramRecipeTest {
 protected:
  Gemma4Groups() {
    test::write_file(folder_ / "calibration.jsonl", text_requests(1, 5));
    test::write_file(folder_ / "evaluation.jsonl", text_requests(2, 2));
  }
  static json recipe(const char* granularity, const char* files) {
    json value = recipe_of({{"sequence", 16}, {"pictures", 0}, {"granularity", granularity}}, 2);
    value["export"] = json::array({{{"backend", "circle"},
                                    {"file", "{unit}.q.circle"},
                                    {"files", files},
                                    {"verify", {{"samples", 2}}}}});
    return value;
  }
  RunResult run_as(const char* name, const json& value) {
    RunResult result = run(value);
    std::filesystem::rename(folder_ / "out", folder_ / name);
    return result;
  }
  [[nodiscard]] uint64_t bytes_of(const char* name) const {
    uint64_t bytes = 0;
    for (const auto& one : std::filesystem::directory_iterator(folder_ / name)) {
      if (one.path().extension() == ".circle") bytes += one.file_size();
    }
    return bytes;
  }
};

TEST_F(Gemma4Groups, AreFilesOfTwoUnitsThatShareTheirWeights) {
  const json alone = run_as("alone", recipe("layer", "unit")).report->at("program");
  const RunResult result = run_as("together", recipe("layer", "group"));
  EXPECT_EQ(result.report->at("program").at("executed"), alone.at("executed"));
  EXPECT_EQ(result.report->at("program").at("evaluation"), alone.at("evaluation"));
  EXPECT_TRUE(test::read_file(folder_ / "together/golden.safetensors") ==
              test::read_file(folder_ / "alone/golden.safetensors"));
  const Program program = read_program_folder(folder_ / "together");
  std::map<std::string, std::set<std::string>> units;  // by file
  for (const ProgramUnit& unit : program.units) {
    ASSERT_TRUE(unit.file.has_value());
    units[unit.file->file.path].insert(unit.name);
    EXPECT_EQ(unit.file->signature, unit.group.empty() ? "" : unit.name);
  }
  EXPECT_EQ(units.size(), 6U + 1 + 3);  // layers, projections; embeddings and head stay by themselves
  EXPECT_EQ(units.at("decoder_layer_3.q.circle"),
            (std::set<std::string>{"decoder_layer_prefill_3", "decoder_layer_decode_3"}));
  EXPECT_EQ(units.at("ple_projection.q.circle"),
            (std::set<std::string>{"ple_projection_prefill", "ple_projection_decode"}));
  const auto mapped = MappedFile::open(folder_ / "together/decoder_layer_3.q.circle");
  EXPECT_EQ(read_circle(mapped->bytes(), "file").subgraphs.size(), 2U);
  EXPECT_LT(bytes_of("together"), bytes_of("alone") * 7 / 10);
  EXPECT_EQ(result.report->at("exports").size(), units.size());
}

// A folder of such files is verified and gives tokens; a file that changed is told.
TEST_F(Gemma4Groups, AreVerifiedAndRun) {
  (void)run_as("alone", recipe("stack", "unit"));
  (void)run_as("together", recipe("stack", "group"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "together/decoder_stack.q.circle"));
  EXPECT_LT(bytes_of("together"), bytes_of("alone") * 7 / 10);
  const auto tokens_of_folder = [&](const char* name) {
    GenerateOptions options;
    options.folder.folder = folder_ / name;
    options.prompt = {2, 40, 41, 42};
    return core::generate(options).at("tokens");
  };
  EXPECT_EQ(tokens_of_folder("together"), tokens_of_folder("alone"));
  FolderOptions options;
  options.folder = folder_ / "together";
  uint64_t bytes = 0;
  const json found = verify_folder(options);
  for (const auto& one : std::filesystem::directory_iterator(folder_ / "together")) {
    const std::string end = one.path().extension();
    if (end == ".circle" || one.path().filename() == "generation_config.json") bytes += one.file_size();
  }
  EXPECT_GE(found.at("bytes").get<uint64_t>(), bytes_of("together"));
  EXPECT_LE(found.at("bytes").get<uint64_t>(), 2 * bytes) << "a file of two units counts once";
  json document = read_json(folder_ / "together/program.json");
  for (json& unit : document["units"]) {
    if (unit["name"] == "decoder_stack_decode") unit["file"]["signature"] = "decoder_stack";
  }
  test::write_file(folder_ / "together/program.json", document.dump());
  test::expect_error(ErrorKind::kPlugin, "no signature \"decoder_stack\"",
                     [&] { (void)verify_folder(options); });
}

TEST_F(Gemma4Groups, AreRefusedWhereAFileHasOneGraph) {
  const struct {
    json patch;
    ErrorKind kind;
    std::string text;
  } rows[] = {
      {{{"backend", "onnx"}, {"file", "{unit}.onnx"}},
       ErrorKind::kPlugin,
       "backend onnx writes one graph a file"},
      {{{"profile", "npu"}}, ErrorKind::kGate, "profile npu takes files of 1 subgraph; 2 were asked for"},
      {{{"file", "all.circle"}}, ErrorKind::kUsage, "the name lacks {unit}"},
      {{{"files", "groups"}}, ErrorKind::kUsage, "/export/0/files"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    json value = recipe("layer", "group");
    value["export"][0].erase("verify");
    value["export"][0].update(row.patch);
    test::expect_error(row.kind, row.text, [&] { (void)plan(written(value)); });
  }
  json value = recipe("layer", "group");
  value["model"].erase("program");
  value["model"].erase("profile");
  value["export"][0]["file"] = "all.circle";
  test::expect_error(ErrorKind::kUsage, "\"files\" goes with model.program",
                     [&] { (void)plan(written(value)); });
}

// One unit of a group in an entry of its own: each is a file by itself.
TEST_F(Gemma4Groups, EndWithTheEntry) {
  json value = recipe("layer", "group");
  json decode = value["export"][0];
  decode.erase("verify");
  decode["units"] = {"decoder_layer_decode_*"};
  decode["file"] = "{unit}.decode.circle";
  value["export"].push_back(decode);
  std::set<std::string> files;
  const json planned = plan(written(value));
  for (const json& one : planned.at("exports"))
    files.insert(std::filesystem::path(one.at("file").get<std::string>()).filename());
  EXPECT_TRUE(files.contains("decoder_layer_prefill_0.q.circle"));
  EXPECT_TRUE(files.contains("decoder_layer_decode_0.decode.circle"));
  EXPECT_TRUE(files.contains("ple_projection.q.circle"));
}

}  // namespace
}  // namespace vernier::core::testing
