// Yesterday's binaries in whole runs, beside the same sources built with today's headers: equal numbers,
// equal files.
#include <gmock/gmock.h>

#include <algorithm>

#include "core/session/wrapper_words.h"
#include "vernier/core/smoke.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path frozen(const std::string& name) {
  return source_file("tests/abi/legacy/" + name + "_v1_2.so");
}

json smoked(const std::string& type, const std::filesystem::path& plugin) {
  SmokeOptions options;
  options.types = {type};
  options.backend = "circle";
  options.overrides = {"runtime.isolate=false"};
  options.plugin_files = {plugin};
  options.device = &make_reference_device;
  json rows = smoke(options).at("cases");
  for (json& row : rows) {
    EXPECT_EQ(row.at("verdict"), "ok") << row.dump(1);
    row.erase("seconds");
  }
  return rows;
}

class OfAbiOneTwo : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "the binaries are of x86-64";
#endif
  }
};

TEST_P(OfAbiOneTwo, AWrapperGivesTheNumbersOfToday) {
  const auto& [plugin, type] = GetParam();
  const json rows = smoked(
      type, std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures" / plugin / (plugin + std::string(".so")));
  ASSERT_GE(rows.size(), 1u);
  EXPECT_EQ(smoked(type, frozen(plugin)), rows);
}

INSTANTIATE_TEST_SUITE_P(Wrappers, OfAbiOneTwo,
                         ::testing::Values(std::pair("made_weights", "MadeWeights"),
                                           std::pair("made_weights", "FusedParts"),
                                           std::pair("made_weights", "Tabled"),
                                           std::pair("made_weights", "TiedSites"),
                                           std::pair("made_weights", "TiedWeights"),
                                           std::pair("offers", "Rows"), std::pair("offers", "Named")),
                         [](const auto& each) { return std::string(each.param.second); });

// An observer that is told its site and block and keeps its state, a backend of sets, blocks, open extents.
class OffersOfAbiOneTwo : public WrapperWords {
 protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "the binary is of x86-64";
#endif
    plugin_ = "offers";
    model_config_ = R"({"vocab_size": 77})";
  }
  // What the backend wrote, by today's binary; the same by the old one, which calibrates nothing.
  std::string text_of_both() {
    recipe_["runtime"]["journal"] = (folder_ / "journal").string();
    const json first = *run(options()).report;
    EXPECT_EQ(first.at("journal").at("reused"), false);
    const std::string now = test::read_file(folder_ / "out/m.txt"),
                      qparams = test::read_file(folder_ / "out/qparams.json");
    SessionOptions old = options();
    old.plugin_files = {frozen("offers")};
    (void)run(old);
    EXPECT_EQ(test::read_file(folder_ / "out/m.txt"), now);
    EXPECT_EQ(test::read_file(folder_ / "out/qparams.json"), qparams);
    const json again = *run(old).report;
    EXPECT_EQ(again.at("journal").at("reused"), true) << "the state that it kept itself";
    EXPECT_EQ(test::read_file(folder_ / "out/m.txt"), now);
    return now;
  }
};

TEST_F(OffersOfAbiOneTwo, BlocksAndConfig) {
  type("Blocks", {3, 8});
  tensors_["weight"] = test::ramp({4, 8});
  recipe_["quantization"] = {{"activation", {{"observer", "told"}, {"dtype", "uint8"}}},
                             {"weight", {{"observer", "told"}, {"dtype", "int8"}}}};
  recipe_["export"] = {{{"backend", "attributes"}, {"file", "m.txt"}}};
  EXPECT_THAT(text_of_both(), HasSubstr("\nweight 1 4\n"));
}

TEST_F(OffersOfAbiOneTwo, SetsOfGraphs) {
  type("Named", {3, 4});
  const json calibration = recipe_["calibration"];
  recipe_.erase("calibration");
  recipe_.erase("evaluation");
  recipe_["quantization"]["activation"] = {{"observer", "told"}};
  recipe_["units"] = {{{"name", "two"}, {"entry", "both"}, {"calibration", calibration}},
                      {{"name", "one"}, {"entry", "again"}, {"calibration", calibration}}};
  recipe_["export"] = {{{"backend", "attributes"}, {"file", "m.txt"}, {"units", {"two", "one"}}}};
  const std::string text = text_of_both();
  EXPECT_THAT(text, HasSubstr("graph two\n"));
  EXPECT_THAT(text, HasSubstr("graph one\n"));
}

TEST_F(OffersOfAbiOneTwo, OpenExtents) {
  type("Named", {3, 4});
  recipe_["quantization"]["activation"] = {{"observer", "told"}};
  recipe_["units"] = {{{"name", "one"}, {"entry", "again"}, {"calibration", recipe_["calibration"]}}};
  recipe_.erase("calibration");
  recipe_.erase("evaluation");
  recipe_["export"] = {
      {{"backend", "attributes"}, {"file", "m.txt"}, {"unit", "one"}, {"open", {{"rows", {{"x", {0}}}}}}}};
  EXPECT_THAT(text_of_both(), HasSubstr("open 0 rows\n"));
}

}  // namespace
}  // namespace vernier::core::testing
