// Which subgraph of a file with several is run, and what is said where that cannot be known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "circle_objects.h"
#include "plugins/executors/circle/executor_fixture.h"
#include "support/temp_folder.h"

namespace vernier::test {
namespace {

std::string set_bytes() {
  return read_file(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle/layer_set.circle");
}

struct Way {
  std::string name;
  std::function<void(circle::ModelT&)> change;
  std::string options;
  vernier_status status;
  std::string answer;  // the input's extent of tokens, or words of the error
};

class CircleChoice : public ::testing::TestWithParam<Way> {};

TEST_P(CircleChoice, IsRunOrRefused) {
  const std::string bytes = set_bytes();
  const std::unique_ptr<circle::ModelT> model(flatbuffers::GetRoot<circle::Model>(bytes.data())->UnPack());
  if (GetParam().change) GetParam().change(*model);
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(circle::Model::Pack(builder, model.get()), "CIR0");
  CircleExecutor executor;
  const MemoryFile file({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
  try {
    core::ExecutedFile opened = executor.open(file.path(), GetParam().options);
    EXPECT_EQ(GetParam().status, VERNIER_OK);
    EXPECT_EQ(std::to_string(opened.inputs().at(0).shape.at(1)), GetParam().answer);
  } catch (const core::Error& error) {
    EXPECT_EQ(error.status(), GetParam().status) << error.format();
    EXPECT_THAT(error.format(), ::testing::HasSubstr(GetParam().answer));
  }
}

void without_signatures(circle::ModelT& m) { m.signature_defs.clear(); }
void with_one_signature(circle::ModelT& m) { m.signature_defs.erase(m.signature_defs.begin()); }
void with_one_subgraph(circle::ModelT& m) {
  m.subgraphs.pop_back();
  m.signature_defs.pop_back();
}

INSTANTIATE_TEST_SUITE_P(
    Ways, CircleChoice,
    ::testing::Values(
        Way{"ByKey", {}, R"({"signature": "decode"})", VERNIER_OK, "1"},
        Way{"ByTheOtherKey", {}, R"({"signature": "prefill"})", VERNIER_OK, "6"},
        Way{"ByPlace", {}, R"({"subgraph": 1})", VERNIER_OK, "1"},
        Way{"ByNameOfASubgraph", &without_signatures, R"({"signature": "decode"})", VERNIER_OK, "1"},
        Way{"TheOnlySignature", &with_one_signature, "{}", VERNIER_OK, "1"},
        Way{"TheOnlySubgraph", &with_one_subgraph, "{}", VERNIER_OK, "6"},
        Way{"TheOnlySubgraphByKey", &with_one_subgraph, R"({"signature": "prefill"})", VERNIER_OK, "6"},
        Way{"NotTheOnlyOnesName", &with_one_subgraph, R"({"signature": "decode"})", VERNIER_NOT_FOUND,
            "no signature \"decode\"; it has: prefill"},
        Way{"NoneOfSeveral",
            {},
            "{}",
            VERNIER_INVALID_ARGUMENT,
            "the file has 2 graphs; choose one with the option signature: prefill, decode"},
        Way{"NoneOfSeveralNames", &without_signatures, "{}", VERNIER_INVALID_ARGUMENT, "prefill, decode"},
        Way{"AKeyIsNoNameOfASubgraph", [](circle::ModelT& m) { m.signature_defs[1]->signature_key = "step"; },
            R"({"signature": "decode"})", VERNIER_NOT_FOUND, "it has: prefill, step"},
        Way{"BothOptions",
            {},
            R"({"signature": "decode", "subgraph": 1})",
            VERNIER_INVALID_ARGUMENT,
            "give one"},
        Way{"PlacePastTheEnd", {}, R"({"subgraph": 2})", VERNIER_OUT_OF_RANGE, "has 2 subgraphs"},
        Way{"KeyTwice", [](circle::ModelT& m) { m.signature_defs[0]->signature_key = "decode"; },
            R"({"signature": "decode"})", VERNIER_DATA_LOSS,
            "two of the file's graphs are called \"decode\""},
        Way{"SignatureOfNoSubgraph", [](circle::ModelT& m) { m.signature_defs[1]->subgraph_index = 2; },
            R"({"signature": "decode"})", VERNIER_DATA_LOSS, "a signature names subgraph 2 of 2"},
        Way{"NoSubgraph", [](circle::ModelT& m) { m.subgraphs.clear(); }, "{}", VERNIER_DATA_LOSS,
            "the model has no subgraph"},
        Way{"ManyNames",
            [](circle::ModelT& m) {
              while (m.signature_defs.size() < 20) {
                m.signature_defs.push_back(std::make_unique<circle::SignatureDefT>());
                m.signature_defs.back()->signature_key = std::string(200, 'x');
              }
            },
            "{}", VERNIER_INVALID_ARGUMENT, std::string(100, 'x') + " and 4 more"}),
    [](const auto& one) { return one.param.name; });

TEST(CircleChoice, TwoThousandDamagedSetsSurvive) {
  CircleExecutor executor;
  const std::string good = set_bytes();
  const std::string decode = R"({"max_memory_mib": 4, "max_operations": 1000000, "signature": "decode"})";
  EXPECT_TRUE(executor.survives(good, decode));
  EXPECT_FALSE(executor.survives(good));
  std::mt19937 random(11);
  size_t ran = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = good;
    for (int changes = 0; changes < 4; ++changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (executor.survives(bytes, decode)) ++ran;
  }
  EXPECT_GT(ran, 100u);
  EXPECT_LT(ran, 1900u);
}

}  // namespace
}  // namespace vernier::test
