// `diff` and `explain`, on folders as a run leaves them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "circle/reader.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/diff.h"
#include "vernier/core/error.h"
#include "vernier/core/explain.h"

namespace vernier::core {
namespace {

using nlohmann::json;

json statistics(const std::string& site, json sqnr) {
  return {{"site", site},        {"role", "activation"},
          {"count", 200},        {"min", -1.0},
          {"max", 2.0},          {"low", -1.0},
          {"high", 1.5},         {"clipped", 1},
          {"own_sqnr_db", 41.0}, {"sqnr_db", std::move(sqnr)}};
}

// A run of two sites.
void write_run(const std::filesystem::path& folder, const char* dtype, float scale, int zero_point,
               double first, double second) {
  const json qparams = {{{"site", "m.a/act_in"},
                         {"dtype", "uint8"},
                         {"scheme", "asymmetric"},
                         {"axis", nullptr},
                         {"scale", {0.5}},
                         {"zero_point", {3}}},
                        {{"site", "m.b/act_out"},
                         {"dtype", dtype},
                         {"scheme", "asymmetric"},
                         {"axis", nullptr},
                         {"scale", {scale}},
                         {"zero_point", {zero_point}}}};
  const json coverage = {{{"site", "m.a/act_in"},
                          {"role", "activation"},
                          {"observer", "minmax"},
                          {"collected", 20},
                          {"chosen_by", "recipe.json:7:5 (/quantization/activation)"},
                          {"status", "quantized"}},
                         {{"site", "m.b/act_out"},
                          {"role", "activation"},
                          {"observer", "ema"},
                          {"collected", 20},
                          {"chosen_by", "rule 2"},
                          {"status", "quantized"}}};
  const json report = {
      {"metrics", {{"sqnr_db", first}, {"peir", 0.01}}},
      {"exports", {{{"file", "m.bin"}, {"bytes", 100}}}},
      {"coverage", {{"sites", coverage}}},
      {"statistics", {{"sites", {statistics("m.a/act_in", first), statistics("m.b/act_out", second)}}}}};
  test::write_file(folder / "report.json", report.dump());
  test::write_file(folder / "qparams.json", qparams.dump());
  test::write_file(folder / "recipe.effective.json",
                   json{{"version", 1}, {"quantization", {{"activation", {{"dtype", dtype}}}}}}.dump());
}

class RunFolders : public ::testing::Test {
 protected:
  RunFolders() {
    write_run(folder_ / "a", "uint8", 0.25f, 0, 30, 40);
    write_run(folder_ / "b", "int16", 0.125f, 2, 31, 35);
  }
  test::TempFolder folder_;
};

TEST_F(RunFolders, DiffRanksRegressionsAndNamesChanges) {
  const json d = diff_runs(folder_ / "a", folder_ / "b");
  EXPECT_EQ(d["recipe"],
            (json{{{"path", "/quantization/activation/dtype"}, {"a", "uint8"}, {"b", "int16"}}}));
  ASSERT_EQ(d["qparams"].size(), 1u);
  EXPECT_EQ(d["qparams"][0]["site"], "m.b/act_out");
  EXPECT_EQ(d["qparams"][0]["scale_ratio"], 0.5);
  EXPECT_EQ(d["qparams"][0]["zero_point_shift"], 2);
  ASSERT_EQ(d["sites"].size(), 2u);
  EXPECT_EQ(d["sites"][0]["site"], "m.b/act_out") << "5 dB worse comes first";
  EXPECT_EQ(d["sites"][0]["change_db"], -5.0);
  EXPECT_EQ(d["sites"][1]["change_db"], 1.0);
  EXPECT_EQ(d["metrics"]["sqnr_db"], (json{30.0, 31.0}));
  const std::string table = diff_table(d);
  EXPECT_THAT(table, ::testing::HasSubstr("/quantization/activation/dtype: \"uint8\" -> \"int16\""));
  EXPECT_THAT(table, ::testing::ContainsRegex(
                         "SQNR by site, worse than before, the most first\n  m.b/act_out +40.00"));
  EXPECT_THAT(table, ::testing::ContainsRegex(
                         "SQNR by site, better than before, the most first\n  m.a/act_in +30.00"));
  EXPECT_THAT(table, ::testing::ContainsRegex("peir +1 % +1 %")) << "as run prints it";
}

TEST_F(RunFolders, DiffOfARunWithItselfIsEmpty) {
  const json d = diff_runs(folder_ / "a", folder_ / "a");
  for (const char* part : {"recipe", "qparams", "sites"}) EXPECT_TRUE(d[part].empty()) << part;
}

TEST_F(RunFolders, ExplainTellsRuleStatisticsAndQparams) {
  const json e = explain_site("m.a/act_in", folder_ / "a");
  EXPECT_EQ(e["chosen_by"], "recipe.json:7:5 (/quantization/activation)");
  EXPECT_EQ(e["qparams"]["zero_point"], json{3});
  EXPECT_EQ(e["statistics"]["clipped"], 1);
  const std::string table = explain_table(e);
  EXPECT_THAT(table, ::testing::HasSubstr("decided by   recipe.json:7:5"));
  EXPECT_THAT(table, ::testing::HasSubstr("0.5 % clipped"));
  EXPECT_THAT(table, ::testing::HasSubstr("41.00 dB of its own grid, 30.00 dB with all"));
  json by_channel = e;
  by_channel["statistics"].update({{"low", nullptr}, {"high", nullptr}, {"sqnr_db", nullptr}});
  EXPECT_THAT(explain_table(by_channel),
              ::testing::HasSubstr("values; the codes of each channel reach its own ends;"));
  EXPECT_THAT(explain_table(by_channel), ::testing::HasSubstr("41.00 dB of its own grid\n"));
  EXPECT_EQ(explain_site("b/act_out", folder_ / "a")["site"], "m.b/act_out") << "the end of a path is enough";
}

// The same scale stands in both formats, and whatever is not read is named.
TEST_F(RunFolders, ExplainReadsEncodingsFromCircleAndTfliteAlike) {
  const std::filesystem::path data = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle";
  std::filesystem::copy_file(data / "embedder_uint8.circle", folder_ / "a/m.circle");
  std::filesystem::copy_file(data / "embedder_int8.tflite", folder_ / "a/any.name");
  test::write_file(folder_ / "a/m.onnx", "an ONNX file");
  test::write_file(folder_ / "a/cut.tflite", test::read_file(data / "embedder_int8.tflite").substr(0, 100));
  json report = json::parse(test::read_file(folder_ / "a/report.json"));
  report["exports"] = json::array();
  for (const char* file : {"m.circle", "any.name", "m.onnx", "cut.tflite", "gone.circle"})
    report["exports"].push_back({{"file", file}, {"bytes", 100}});
  json qparams = json::parse(test::read_file(folder_ / "a/qparams.json"));

  for (const char* file : {"m.circle", "any.name"}) {
    const CircleFile exported = read_circle(folder_ / "a" / file);
    for (const CircleTensor& tensor : exported.subgraphs.at(0).tensors) {
      if (tensor.scale.size() != 1) continue;
      qparams[0]["scale"] = tensor.scale;
      test::write_file(folder_ / "a/qparams.json", qparams.dump());
      test::write_file(folder_ / "a/report.json", report.dump());
      const json e = explain_site("m.a/act_in", folder_ / "a");
      EXPECT_THAT(e["encodings"], ::testing::Contains(json{{"file", file},
                                                           {"tensor", tensor.name},
                                                           {"type", tensor.type},
                                                           {"scale", tensor.scale},
                                                           {"zero_point", tensor.zero_point},
                                                           {"axis", nullptr}}));
      ASSERT_EQ(e["unread_files"].size(), 3u);
      EXPECT_EQ(e["unread_files"][0],
                (json{{"file", "m.onnx"}, {"reason", "explain reads Circle and TFLite files only"}}));
      EXPECT_EQ(e["unread_files"][1]["file"], "cut.tflite");
      EXPECT_THAT(e["unread_files"][1]["reason"].get<std::string>(),
                  ::testing::HasSubstr("FlatBuffer is broken"));
      EXPECT_EQ(e["unread_files"][2], (json{{"file", "gone.circle"}, {"reason", "the file is not there"}}));
      EXPECT_THAT(explain_table(e),
                  ::testing::HasSubstr("m.onnx was not read: explain reads Circle and TFLite"));
    }
  }
}

TEST_F(RunFolders, ExplainNamesTheSubgraphWhereAFileHasSeveral) {
  const std::filesystem::path data = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle";
  std::filesystem::copy_file(data / "layer_set.circle", folder_ / "a/m.circle");
  json report = json::parse(test::read_file(folder_ / "a/report.json"));
  report["exports"] = {{{"file", "m.circle"}, {"bytes", 100}}};
  json qparams = json::parse(test::read_file(folder_ / "a/qparams.json"));
  qparams[0]["scale"] = read_circle(folder_ / "a/m.circle").subgraphs[0].tensors[2].scale;
  test::write_file(folder_ / "a/qparams.json", qparams.dump());
  test::write_file(folder_ / "a/report.json", report.dump());
  const json e = explain_site("m.a/act_in", folder_ / "a");
  ASSERT_EQ(e["encodings"].size(), 2u);
  EXPECT_EQ(e["encodings"][0]["subgraph"], "prefill");
  EXPECT_EQ(e["encodings"][1]["subgraph"], "decode");
  EXPECT_THAT(explain_table(e), ::testing::HasSubstr("query/act_in of decode UINT8"));
}

TEST_F(RunFolders, WhatIsNotThereIsTold) {
  const auto message = [&](const std::string& site, const std::filesystem::path& run) -> std::string {
    try {
      explain_site(site, run);
    } catch (const Error& error) {
      return error.format();
    }
    return {};
  };
  EXPECT_THAT(message("m.a/act_im", folder_ / "a"), ::testing::HasSubstr("did you mean \"m.a/act_in\"?"));
  EXPECT_THAT(message("b/act_ou", folder_ / "a"), ::testing::HasSubstr("did you mean \"b/act_out\"?"));
  EXPECT_THAT(message("m.a/act_in", folder_ / "none"), ::testing::HasSubstr("report.json is not there"));
  test::write_file(folder_ / "b/report.json", "{");
  EXPECT_THAT(message("m.a/act_in", folder_ / "b"), ::testing::HasSubstr("report.json is no JSON"));
  test::write_file(folder_ / "b/report.json", "{}");
  EXPECT_THAT(message("m.a/act_in", folder_ / "b"), ::testing::HasSubstr("is no report of this version"));
  test::expect_error(ErrorKind::kData, "b/report.json is no report of this version",
                     [&] { (void)diff_runs(folder_ / "a", folder_ / "b"); });
}

}  // namespace
}  // namespace vernier::core
