// `vernier run` of a recipe with Gemma4's program: calibrated on requests, evaluated by scores, written as a
// folder, executed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "plugins/programs/gemma4/program_recipe.h"
#include "program/file_units.h"
#include "program/program_folder.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

constexpr int64_t kOfRecipe = 16;
constexpr int64_t kInner = 128;  // intermediate_size of gemma4_tiny

class Gemma4Recipe : public ProgramRecipeTest {
 protected:
  Gemma4Recipe() {
    test::write_file(folder_ / "calibration.jsonl", text_requests(1, 5));
    test::write_file(folder_ / "evaluation.jsonl", text_requests(2, 2));
  }
  static json recipe() { return recipe_of({{"sequence", kOfRecipe}, {"pictures", 0}}, 2); }
};

TEST_F(Gemma4Recipe, AFolderIsWrittenAndGivesTheScoresOfFakeQuant) {
  json value = recipe();
  value["gates"] = {{"sqnr_db", ">= 10"}};
  value["export"] = {{{"backend", "circle"},
                      {"file", "{unit}.q.circle"},
                      {"verify", {{"samples", 2}, {"gates", {{"sqnr_db", ">= 40"}}}}}}};
  const RunResult result = run(value);
  const json& program = result.report->at("program");
  EXPECT_EQ(program.at("evaluation").at("samples"), 2);
  EXPECT_EQ(program.at("evaluation").at("tokens"), 3);  // answers of 1 and of 2 tokens
  EXPECT_EQ(program.at("executed").at("samples"), 2);
  EXPECT_EQ(program.at("executed").at("quantized_to_file").at("tokens"), 3);
  const Program written = read_program_folder(folder_ / "out");
  ASSERT_EQ(written.units.size(), program.at("units").size());
  for (const ProgramUnit& unit : written.units) {
    ASSERT_TRUE(unit.file.has_value()) << unit.name;
    EXPECT_EQ(unit.file->file.path, unit.name + ".q.circle");
    require_file(unit.file->file, folder_ / "out", "program.json");
  }
  const auto grid = [&](const char* buffer) { return written.find_buffer(buffer)->qparams; };
  for (const char* buffer : {"decode.hidden_0", "prefill.key_0", "prefill.hidden_1"})
    ASSERT_TRUE(grid(buffer).has_value()) << buffer;
  EXPECT_EQ(*grid("prefill.hidden_0"), *grid("decode.hidden_0"));
  EXPECT_EQ(*grid("prefill.key_0"), *grid("cache.key_0"));
  EXPECT_EQ(*grid("decode.key_0"), *grid("cache.key_0"));
  size_t shared = 0;
  for (const ProgramBuffer& buffer : written.buffers) {  // what consumers read is what caches hold
    for (const std::string kind : {"key", "value"}) {
      const std::string stem = fmt::format("decode.shared_{}_", kind);
      if (buffer.name.rfind(stem, 0) != 0) continue;
      const std::string layer = buffer.name.substr(stem.size());
      ++shared;
      EXPECT_EQ(*buffer.qparams, *grid(fmt::format("cache.{}_{}", kind, layer).c_str())) << buffer.name;
      EXPECT_EQ(*buffer.qparams, *grid(fmt::format("prefill.{}_{}", kind, layer).c_str())) << buffer.name;
    }
  }
  EXPECT_EQ(shared, 4U);  // keys and values of the last sliding and the last full layer that have their own
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/qparams.json"));
  EXPECT_EQ(result.report->at("samples").at("calibration"), 5);
}

// The host reads rows of the table's file, and nothing else differs.
TEST_F(Gemma4Recipe, ATableOfTheHostIsAFileOfTheFolder) {
  json value = recipe();
  value["export"] = {{{"backend", "circle"}, {"file", "{unit}.q.circle"}, {"verify", {{"samples", 2}}}}};
  const json of_unit = run(value).report->at("program").at("executed");
  value["model"]["profile"]["per_layer_table"] = "host";
  const RunResult result = run(value);
  const json& executed = result.report->at("program").at("executed");
  EXPECT_EQ(executed.at("float_to_file"), of_unit.at("float_to_file"));
  const Program written = read_program_folder(folder_ / "out");
  ASSERT_EQ(written.tables.size(), 1U);
  EXPECT_EQ(written.find_unit("ple_embedding"), nullptr);
  ASSERT_TRUE(written.tables[0].file.has_value());
  require_file(*written.tables[0].file, folder_ / "out", "program.json");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/ple_embedding.q.circle"));
  for (const json& row : result.report->at("coverage").at("parameters")) {
    if (row.at("parameter") != written.tables[0].parameter) continue;
    EXPECT_EQ(row.at("dtype"), "uint8");
    EXPECT_EQ(row.at("files").at(0).at("file"), "per_layer_table.safetensors");
  }
}

// Prompt and answer but its last token, as a prompt; the head once for each token of the answer; decode's
// layers once a sample.
TEST_F(Gemma4Recipe, UnitsSeeEachSampleAtItsOwnExtents) {
  const RunResult result = run(recipe());
  std::map<std::string, int64_t> calls;
  for (const auto& unit : result.report->at("program").at("units")) calls[unit.at("name")] = unit.at("calls");
  EXPECT_EQ(calls.at("decoder_layer_prefill_0"), 5);
  EXPECT_EQ(calls.at("decoder_layer_decode_0"), 5);
  EXPECT_EQ(calls.at("token_embedding"), 5);
  EXPECT_EQ(calls.at("lm_head"), 1 + 2 + 3 + 1 + 2);
}

// Samples of 4 and 6 tokens as prompts, and one token each behind a full cache: no pad row is counted.
TEST_F(Gemma4Recipe, ItsSitesHaveStatistics) {
  const RunResult result = run(recipe());
  const json& statistics = result.report->at("statistics");
  EXPECT_EQ(statistics.at("samples"), 2);
  EXPECT_EQ(statistics.at("scatter").size(), 320U);  // scores of the first token
  std::map<std::string, json> sites;
  for (const json& row : statistics.at("sites")) sites[row.at("site")] = row;
  const auto count_of = [&](const std::string& site) { return sites.at(site).at("count").get<int64_t>(); };
  const std::string layer = "model.language_model.layers.0.";
  EXPECT_EQ(count_of(layer + "mlp.gate_proj/act_out"), ((4 + 1) + (6 + 1)) * kInner);
  EXPECT_EQ(count_of("lm_head/act_out"), (1 + 2) * 320);  // once for each token of the answers
  for (const char* site : {"mlp.gate_proj/act_out", "mlp.down_proj/act_out", "self_attn.o_proj/act_out"}) {
    const json& row = sites.at(layer + site);
    EXPECT_GT(row.at("sqnr_db").get<double>(), 20) << site;
    EXPECT_GT(row.at("own_sqnr_db").get<double>(), row.at("sqnr_db").get<double>()) << site;
    EXPECT_EQ(row.at("role"), "activation") << site;
  }
  EXPECT_GT(count_of(layer + "mlp.gate_proj/weight"), 0);
}

// What a sample holds between two units waits for the others: that of 35 samples more is a megabyte.
TEST_F(Gemma4Recipe, ItsMemoryPlanCountsWhatWaits) {
  const auto planned = [&] {
    return core::plan(written(recipe())).at("memory").at("phases").at("calibrate").get<int64_t>();
  };
  const int64_t of_few = planned();
  test::write_file(folder_ / "calibration.jsonl", text_requests(1, 40));
  const int64_t of_many = planned();
  EXPECT_GT(of_many - of_few, int64_t{35} * 6 * 64 * 4 * 6);  // hidden states of six layers, six tokens each
  EXPECT_LT(of_many - of_few, int64_t{35} << 20);
}

// Every file of the folder, program.json with the grids and the golden run among them.
TEST_F(Gemma4Recipe, FromQparamsAllFilesAreTheSameBytes) {
  json value = recipe();
  value["export"] = {{{"backend", "circle"}, {"file", "{unit}.q.circle"}, {"verify", {{"samples", 1}}}}};
  (void)run(value);
  std::filesystem::rename(folder_ / "out", folder_ / "first");
  value["quantization"]["from"] = (folder_ / "first/qparams.json").string();
  value["evaluation"]["inputs"] = {{"kind", "jsonl"}, {"path", "evaluation.jsonl"}};
  value.erase("calibration");
  (void)run(value);
  size_t files = 0;
  for (const auto& one : std::filesystem::directory_iterator(folder_ / "first")) {
    const std::string name = one.path().filename();
    if (name.starts_with("report.") || name.starts_with(".") || name == "recipe.effective.json") continue;
    EXPECT_TRUE(test::read_file(one.path()) == test::read_file(folder_ / "out" / name)) << name;
    ++files;
  }
  EXPECT_GT(files, 15U);
  // What a boundary of units ties to another site is held to the file, too.
  json changed = read_json(folder_ / "first/qparams.json");
  for (json& row : changed) row.erase("tied_to");
  test::write_file(folder_ / "changed.json", changed.dump(1));
  value["quantization"]["from"] = (folder_ / "changed.json").string();
  test::expect_error(ErrorKind::kUsage, "is tied to none here, and its wrapper ties it to",
                     [&] { (void)plan(written(value)); });
}

TEST_F(Gemma4Recipe, WhatIsGivenAndWhatTakesItShareAGrid) {
  const RunResult result = run(recipe());
  std::map<std::string, std::string> owner_of;  // by buffer
  for (const auto& tie : result.report->at("program").at("ties")) {
    for (const std::string buffer : tie.at("buffers")) owner_of[buffer] = tie.at("owner");
  }
  EXPECT_EQ(owner_of.at("prefill.hidden_1"), owner_of.at("decode.hidden_1"));
  EXPECT_NE(owner_of.at("prefill.hidden_1"), owner_of.at("prefill.hidden_2"));
}

TEST_F(Gemma4Recipe, RefusesWhatCannotBe) {
  struct Row {
    json patch;
    ErrorKind kind;
    const char* wanted;
  };
  const auto file = [](const json& more) {
    json entry = {{"backend", "circle"}, {"file", "{unit}.q.circle"}};
    entry.update(more);
    return entry;
  };
  test::write_file(folder_ / "long.jsonl", text_requests(1, 1) +
                                               "{\"input_ids\": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "
                                               "13, 14, 15, 16, 17, 18]}\n");
  const Row rows[] = {
      {{{"model", {{"program", "gema4"}}}}, ErrorKind::kUsage, "no plugin provides program \"gema4\""},
      {{{"model", {{"profile", {{"sequence", 1}}}}}},
       ErrorKind::kUsage,
       "/sequence of the profile: 1; a prompt"},
      {{{"calibration", {{"inputs", {{"kind", "jsonl"}, {"path", "long.jsonl"}}}}}},
       ErrorKind::kData,
       "calibration sample 1 cannot run"},
      {{{"export", {file({{"units", {"decoder_*"}}})}}},
       ErrorKind::kUsage,
       "unit token_embedding is in no export entry"},
      {{{"export", {file({{"units", {"nothing_*"}}}), file(json::object())}}},
       ErrorKind::kUsage,
       "no unit fits \"nothing_*\""},
      {{{"export", {file({{"units", {"lm_head"}}}), file({{"units", {"lm_*"}}}), file(json::object())}}},
       ErrorKind::kUsage,
       "in two export entries"},
      {{{"export", {file(json::object()), file({{"file", "{unit}.circle"}})}}},
       ErrorKind::kUsage,
       "no unit is left for this entry"},
      {{{"model", {{"profile", {{"per_layer_table", "host"}}}}},
        {"quantization", {{"rules", {{{"match", "**.embed_tokens_per_layer/weight"}, {"dtype", "int16"}}}}}},
        {"export", {file(json::object())}}},
       ErrorKind::kUsage,
       "table per_layer_table is model.language_model.embed_tokens_per_layer/weight, int16 per channel, and "
       "a table that the host reads is uint8 with a scale for each row"},
      {{{"runtime", {{"max_memory", "4MiB"}}}},
       ErrorKind::kUsage,
       "needs most), runtime.max_memory allows 4"},
  };
  for (const Row& row : rows) {
    json value = recipe();
    value.merge_patch(row.patch);
    SCOPED_TRACE(row.wanted);
    test::expect_error(row.kind, row.wanted, [&] { (void)run(value); });
  }
}

// With pictures in the profile and none in the samples.
TEST_F(Gemma4Recipe, TheNumbersAreTheSameAfterATrial) {
  json value = recipe();
  const json here = run(value).report->at("metrics");
  value["runtime"]["isolate"] = true;
  EXPECT_EQ(run(value).report->at("metrics"), here);
}

TEST_F(Gemma4Recipe, AUnitThatNoSampleReachesIsNamed) {
  json value = recipe();
  value["model"]["profile"] = {{"sequence", kOfRecipe}, {"pictures", 1}, {"image_slots", 24}};
  test::expect_error(ErrorKind::kUsage, "no calibration sample reaches unit vision_prefill",
                     [&] { (void)run(value); });
}

// A set whose scores are too far away is not put in place; its account is.
TEST_F(Gemma4Recipe, ASetThatDoesNotHoldIsNotPutInPlace) {
  json value = recipe();
  value["export"] = {{{"backend", "circle"},
                      {"file", "{unit}.q.circle"},
                      {"verify", {{"samples", 1}, {"gates", {{"sqnr_db", ">= 1000"}}}}}}};
  test::expect_error(ErrorKind::kGate, "the program's files: gate sqnr_db >= 1000",
                     [&] { (void)run(value); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/program.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/lm_head.q.circle"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/report.json"));
  std::ifstream page(folder_ / "out/report.html");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_NE(text.find("✕ FAIL: the files: sqnr_db "), std::string::npos);
  EXPECT_NE(text.find("No model file was written."), std::string::npos);
}

}  // namespace
}  // namespace vernier::core::testing
