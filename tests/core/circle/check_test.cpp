// The format's rules: no finding on good files, the right one on each file with one field changed, nothing
// worse than findings on bytes that are no file at all.
#include "vernier/core/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "core/circle/mutants.h"
#include "support/shipped_profile.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

std::filesystem::path data_folder() {
  return std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle";
}

std::vector<std::string> good_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
    if (entry.path().extension() != ".md") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string packed(const ModelObject& model, bool is_tflite) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(circle::Model::Pack(builder, &model), is_tflite ? "TFL3" : "CIR0");
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::unique_ptr<ModelObject> unpacked(const std::string& bytes) {
  return std::unique_ptr<ModelObject>(flatbuffers::GetRoot<circle::Model>(bytes.data())->UnPack());
}

CheckResult checked_for(std::span<const std::byte> bytes, const std::string& profile) {
  if (profile.empty()) return check_bytes(bytes);
  const Profile consumer = test::shipped_profile(profile);
  return check_bytes(bytes, &consumer);
}

class GoodFile : public ::testing::TestWithParam<std::string> {};

TEST_P(GoodFile, HasNoFinding) {
  EXPECT_EQ(check_file(data_folder() / GetParam()).to_json()["findings"], nlohmann::json::array());
}

TEST_P(GoodFile, HasNoneAfterATripThroughObjects) {
  const std::string bytes = test::read_file(data_folder() / GetParam());
  EXPECT_EQ(
      check_bytes(bytes_of(packed(*unpacked(bytes), bytes.substr(4, 4) == "TFL3"))).to_json()["findings"],
      nlohmann::json::array());
}

TEST_P(GoodFile, WithOneFieldChangedHasTheRulesFinding) {
  const std::string bytes = test::read_file(data_folder() / GetParam());
  const auto model = unpacked(bytes);
  for (const Mutant& mutant : mutants_of(*model, 2)) {
    auto changed = unpacked(bytes);
    mutant.change(*changed);
    const CheckResult result =
        checked_for(bytes_of(packed(*changed, bytes.substr(4, 4) == "TFL3")), mutant.profile);
    const bool found = std::any_of(result.findings.begin(), result.findings.end(),
                                   [&](const Finding& one) { return one.rule == mutant.rule; });
    EXPECT_TRUE(found) << mutant.name << ": " << mutant.rule << " is not among\n" << result.to_table();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GoodFile, ::testing::ValuesIn(good_files()), [](const auto& one) {
  std::string name = one.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Mutants, AreTwoHundredAtLeastAndReachEveryRule) {
  std::set<std::string> rules;
  size_t count = 0;
  for (const std::string& name : good_files()) {
    const auto model = unpacked(test::read_file(data_folder() / name));
    for (const Mutant& mutant : mutants_of(*model, 2)) rules.insert(mutant.rule), ++count;
  }
  EXPECT_GE(count, 200u);
  EXPECT_GE(rules.size(), 40u);
}

TEST(CheckFile, TicosOwnFileHasNoError) {
  const CheckResult result =
      check_file(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/seed_example/tico.circle");
  EXPECT_FALSE(result.has_errors()) << result.to_table();
  EXPECT_THAT(result.findings, ::testing::Each(::testing::Field(&Finding::rule, "alignment")))
      << "Python's writer does not align";
}

struct ProfileCase {
  const char* file;
  const char* profile;
  bool passes;
};

TEST(CheckFile, ProfilesTellWhoTakesAFile) {
  const ProfileCase cases[] = {{"embedder_uint8.circle", "luci", true},
                               {"embedder_int16_uint4.circle", "luci", false},
                               {"embedder_int16_uint4.circle", "npu", true},
                               {"embedder_uint8.circle", "npu", false},
                               {"embedder_uint8.circle", "tico", true},
                               {"embedder_int16_uint4.circle", "tico", true},
                               {"embedder_uint8.circle", "onert", false},
                               {"embedder_uint8.circle", "litert", false},
                               {"embedder_int8.tflite", "litert", true},
                               {"embedder_int8.tflite", "tflite", true},
                               {"bert.tflite", "litert", true},
                               {"gated_mlp.circle", "luci", true},
                               {"embedder_int8.tflite", "luci", false}};
  for (const ProfileCase& one : cases) {
    const Profile profile = test::shipped_profile(one.profile);
    const CheckResult result = check_file(data_folder() / one.file, &profile);
    EXPECT_EQ(!result.has_errors(), one.passes) << one.file << " for " << one.profile << "\n"
                                                << result.to_table();
  }
}

struct TicosFile {
  const char* name;
  std::set<std::string> operators;  // that break the profile
};

// What TICO 0.3 makes of a Gemma4 for an NPU: sound files but for float computations and a RMS_NORM of rank 2
// that its own runtime refuses.
TEST(CheckFile, TicosFilesFitTheNpuButForTheirKnownFaults) {
  const TicosFile table[] = {{"lm_head", {}},
                             {"vision_post_projection", {"RMS_NORM"}},
                             {"ple_projection_decode", {"ADD", "MUL"}},
                             {"multimodal_fusion_prefill", {"CONCATENATION", "RESHAPE", "STRIDED_SLICE"}}};
  const Profile npu = test::shipped_profile("npu");
  for (const TicosFile& one : table) {
    const CheckResult result =
        check_file(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle_tico" /
                       (std::string(one.name) + ".q.circle"),
                   &npu);
    std::set<std::string> operators;
    for (const Finding& finding : result.findings) {
      if (finding.rule != "profile-npu") continue;
      const size_t begin = finding.where.find('(') + 1;
      operators.insert(finding.where.substr(begin, finding.where.find(')') - begin));
    }
    EXPECT_EQ(operators, one.operators) << one.name << "\n" << result.to_table();
  }
}

// Two things that a FlatBuffer may be and some consumers do not load.
TEST(CheckFile, LimitsOfAProfileAreHeld) {
  const std::string bytes = test::read_file(data_folder() / "gated_mlp.circle");
  const auto what_of = [](const std::string& file, const ProfileLimits& limits) {
    Profile profile = test::shipped_profile("tico");
    profile.limits = limits;
    std::set<std::string> found;
    for (const Finding& one : check_bytes(bytes_of(file), &profile).findings) {
      if (one.rule == "profile-tico" && one.where == "the file") found.insert(one.what);
    }
    return found;
  };
  ProfileLimits one_inside;
  one_inside.subgraphs = 1;
  one_inside.external_buffers = false;
  EXPECT_EQ(what_of(bytes, one_inside), std::set<std::string>{});
  auto outside = unpacked(bytes);
  outside->buffers.back()->data.clear();
  outside->buffers.back()->offset = 4096;
  outside->buffers.back()->size = 16;
  EXPECT_EQ(what_of(packed(*outside, false), one_inside),
            std::set<std::string>{"has constants behind the FlatBuffer, which are not found there"});
  EXPECT_EQ(what_of(packed(*outside, false), {}), std::set<std::string>{});
  auto twice = unpacked(bytes);
  twice->subgraphs.push_back(std::make_unique<circle::SubGraphT>(*twice->subgraphs[0]));
  EXPECT_EQ(what_of(packed(*twice, false), one_inside),
            std::set<std::string>{"has 2 subgraphs; at most 1 are taken"});
  const std::string set = test::read_file(data_folder() / "layer_set.circle");
  ProfileLimits one_signature;
  one_signature.signatures = 1;
  EXPECT_EQ(what_of(set, one_signature), std::set<std::string>{"has 2 signatures; at most 1 can be run"});
  one_signature.signatures = 2;
  EXPECT_EQ(what_of(set, one_signature), std::set<std::string>{});
}

// Every rule looks at each subgraph; where there are several, a place says in which.
TEST(CheckFile, NamesTheSubgraphOfSeveral) {
  const std::string bytes = test::read_file(data_folder() / "layer_set.circle");
  const Profile npu = test::shipped_profile("npu");
  const auto places = [&](const std::function<void(circle::SubGraphT&)>& change, const std::string& rule,
                          const Profile* profile = nullptr) {
    auto model = unpacked(bytes);
    change(*model->subgraphs[1]);
    std::set<std::string> found;
    for (const Finding& one : check_bytes(bytes_of(packed(*model, false)), profile).findings) {
      if (one.rule == rule && one.where != "the file") found.insert(one.where);
    }
    return found;
  };
  using Graph = circle::SubGraphT;
  const std::string decode = "subgraph 1 (decode), ";
  EXPECT_THAT(places([](Graph& g) { g.tensors[2]->quantization->scale[0] = -1; }, "scale"),
              ::testing::Contains(decode + "tensor 2 (encoder.layer.0.attention.self.query/act_in)"));
  EXPECT_THAT(places([](Graph& g) { g.operators[0]->inputs[0] = 999; }, "index"),
              ::testing::ElementsAre(decode + "operator 0"));
  EXPECT_THAT(places([](Graph& g) { g.outputs[0] = -7; }, "index"),
              ::testing::ElementsAre(decode + "the graph's outputs"));
  EXPECT_THAT(
      places([](Graph& g) { g.operators[1]->builtin_options.Set(circle::Conv2DOptionsT()); }, "options"),
      ::testing::ElementsAre(decode + "operator 1 (FULLY_CONNECTED)"));
  EXPECT_THAT(
      places([](Graph& g) { g.name = "a\nb" + std::string(100, 'x'); }, "profile-npu", &npu),
      ::testing::Contains("subgraph 1 (a\\nb" + std::string(61, 'x') + "), operator 1 (FULLY_CONNECTED)"));
}

TEST(CheckBytes, OtherFilesAreTold) {
  for (const std::string& bytes : {std::string(), std::string("CIR0"), std::string(100, '\0'),
                                   std::string("\4\0\0\0CIR0 and no more of it", 24)}) {
    const CheckResult result = check_bytes(bytes_of(bytes));
    ASSERT_TRUE(result.has_errors());
    EXPECT_THAT(result.findings[0].rule, ::testing::AnyOf("identifier", "flatbuffer"));
  }
}

// Bytes flipped, cut off, inserted: findings or none, but an end.
TEST(CheckBytes, TenThousandRandomMutantsEnd) {
  std::mt19937 random(20260101);
  const Profile luci = test::shipped_profile("luci");
  const std::vector<std::string> names = good_files();
  std::vector<std::string> files;
  files.reserve(names.size());
  for (const std::string& name : names) files.push_back(test::read_file(data_folder() / name));
  size_t damaged = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string bytes = files[random() % files.size()];
    const size_t changes = 1 + random() % 4;
    for (size_t k = 0; k < changes; ++k) {
      const size_t place = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[place] = static_cast<char>(random());
          break;
        case 1:
          bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
          break;
        case 2:
          bytes.resize(place + 1);
          break;
        default:
          bytes.insert(place, 1 + random() % 8, static_cast<char>(random()));
          break;
      }
    }
    damaged += check_bytes(bytes_of(bytes), i % 2 == 0 ? nullptr : &luci).has_errors();
  }
  EXPECT_GT(damaged, 5000u) << "most of them break something";
}

}  // namespace
}  // namespace vernier::core::testing
