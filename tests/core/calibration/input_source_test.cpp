#include "calibration/input_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "checkpoint/safetensors_writer.h"
#include "support/npy_bytes.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using test::npy_bytes;
using test::TempFolder;
using testing::HasSubstr;

const std::filesystem::path kSeedExample = VERNIER_SOURCE_DIR "/tests/data/seed_example";
const std::string kWhere = "recipe.json:9:3 (/calibration/inputs)";

std::unique_ptr<InputSource> open(const json& description, const std::filesystem::path& base,
                                  const std::vector<std::string>& names,
                                  std::optional<uint64_t> wanted = std::nullopt) {
  return open_inputs(description, base, names, wanted, 42, kWhere);
}

std::string complaint(ErrorKind kind, const json& description, const std::filesystem::path& base,
                      const std::vector<std::string>& names, std::optional<uint64_t> wanted = std::nullopt) {
  try {
    const auto inputs = open(description, base, names, wanted);
    for (uint64_t i = 0; i < inputs->samples(); ++i) (void)inputs->sample(i);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.format();
    return error.format();
  }
  return "nothing is wrong";
}

template <typename T>
std::string raw(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

// Files with tensors "calib.0.a", "calib.0.b", "calib.1.a", "calib.1.b", "calib.2.a" and "whole".
void write_samples(const std::filesystem::path& file) {
  std::vector<SafetensorsWriter::Item> items;
  for (const char* name : {"calib.0.a", "calib.1.a", "calib.2.a", "whole"})
    items.push_back({name, kBFloat16, {1, 2}});
  for (const char* name : {"calib.0.b", "calib.1.b"}) items.push_back({name, kUInt8, {3}});
  SafetensorsWriter writer(file, items);
  for (size_t i = 0; i < 4; ++i) {
    const uint16_t values[] = {0x3F80, static_cast<uint16_t>(0x4000 + i)};
    writer.write(i, std::as_bytes(std::span(values)));
  }
  for (size_t i = 4; i < 6; ++i) writer.write(i, std::as_bytes(std::span("abc", 3)));
  writer.finish();
}

TEST(SafetensorsInputs, ReadsTheSeedExample) {
  const json description = {{"kind", "safetensors"}, {"path", "calibration.safetensors"}};
  const auto inputs = open(description, kSeedExample, {"inputs_embeds"});
  ASSERT_EQ(inputs->samples(), 20u);
  const std::vector<Tensor> sample = inputs->sample(19);
  ASSERT_EQ(sample.size(), 1u);
  EXPECT_EQ(sample[0].dtype, kFloat32);
  EXPECT_EQ(sample[0].shape, (Shape{1, 16, 32}));
  EXPECT_EQ(open(description, kSeedExample, {"inputs_embeds"}, 3)->samples(), 3u);
  const std::string text = complaint(ErrorKind::kData, description, kSeedExample, {"inputs_embeds"}, 21);
  EXPECT_THAT(
      text, HasSubstr("21 samples are asked for, but there are 20: there is no tensor \"inputs_embeds.20\""));
  EXPECT_THAT(text, HasSubstr("calibration.safetensors"));
  EXPECT_THAT(complaint(ErrorKind::kData, description, kSeedExample, {"input_embeds"}),
              HasSubstr("there is no tensor \"input_embeds.0\""));
  EXPECT_THAT(complaint(ErrorKind::kData, description, kSeedExample, {"input_embeds"}),
              HasSubstr("did you mean \"inputs_embeds.0\"?"));
}

TEST(SafetensorsInputs, FollowsThePatternAndConverts) {
  TempFolder folder;
  write_samples(folder / "x.safetensors");
  const json description = {
      {"kind", "safetensors"}, {"path", "x.safetensors"}, {"tensors", "calib.{sample}.{input}"}};
  const auto inputs = open(description, folder.path(), {"b", "a"});
  ASSERT_EQ(inputs->samples(), 2u) << "sample 2 has no b";
  const std::vector<Tensor> sample = inputs->sample(1);
  EXPECT_EQ(sample[0].dtype, kInt32);
  EXPECT_EQ(sample[0].as<int32_t>()[2], 'c');
  EXPECT_EQ(sample[1].dtype, kFloat32);
  EXPECT_EQ(sample[1].as<float>()[0], 1.0f);
  EXPECT_EQ(sample[1].as<float>()[1], 2.015625f);
  EXPECT_EQ(open(description, folder.path(), {"a"})->samples(), 3u);
  EXPECT_THAT(complaint(ErrorKind::kData, description, folder.path(), {"a", "b"}, 3),
              HasSubstr("there is no tensor \"calib.2.b\""));
}

TEST(SafetensorsInputs, APatternWithoutSampleIsOneSample) {
  TempFolder folder;
  write_samples(folder / "x.safetensors");
  const json description = {{"kind", "safetensors"}, {"path", "x.safetensors"}, {"tensors", "whole"}};
  EXPECT_EQ(open(description, folder.path(), {"x"})->samples(), 1u);
  EXPECT_THAT(complaint(ErrorKind::kData, description, folder.path(), {"x"}, 2),
              HasSubstr("2 samples are asked for, but there are 1"));
  EXPECT_THAT(complaint(ErrorKind::kUsage, description, folder.path(), {"x", "y"}),
              HasSubstr("has no {input}, but there are 2 inputs"));
}

TEST(NpyInputs, AFileForEachSample) {
  TempFolder folder;
  for (int i = 0; i < 3; ++i) {
    test::write_file(folder / ("x_" + std::to_string(i) + ".npy"),
                     npy_bytes("<f8", "(1, 2)", raw<double>({i + 0.5, 1})));
  }
  test::write_file(folder / "ids_0.npy", npy_bytes("<i8", "(2,)", raw<int64_t>({-1, 7})));
  const auto inputs = open({{"kind", "npy"}, {"path", "x_{sample}.npy"}}, folder.path(), {"x"});
  ASSERT_EQ(inputs->samples(), 3u);
  EXPECT_EQ(inputs->sample(2)[0].as<float>()[0], 2.5f);
  const auto two = open({{"kind", "npy"}, {"path", "{input}_{sample}.npy"}}, folder.path(), {"x", "ids"});
  ASSERT_EQ(two->samples(), 1u);
  EXPECT_EQ(two->sample(0)[1].as<int64_t>()[1], 7);
  EXPECT_THAT(
      complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "x_{sample}.npy"}}, folder.path(), {"x"}, 9),
      HasSubstr("9 samples are asked for, but there are 3: there is no file \"x_3.npy\""));
  EXPECT_THAT(
      complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "y_{sample}.npy"}}, folder.path(), {"x"}),
      HasSubstr("no samples: there is no file \"y_0.npy\""));
  test::write_file(folder / "x_1.npy", "broken");
  EXPECT_THAT(
      complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "x_{sample}.npy"}}, folder.path(), {"x"}),
      HasSubstr("x_1.npy"));
}

TEST(NpyInputs, RowsOfOneFile) {
  TempFolder folder;
  test::write_file(folder / "x.npy", npy_bytes("<i2", "(3, 2)", raw<int16_t>({1, 2, 3, 4, 5, -6})));
  test::write_file(folder / "y.npy", npy_bytes("|b1", "(2,)", std::string("\1\0", 2)));
  const auto inputs = open({{"kind", "npy"}, {"path", "{input}.npy"}}, folder.path(), {"x", "y"});
  ASSERT_EQ(inputs->samples(), 2u);
  const std::vector<Tensor> sample = inputs->sample(1);
  EXPECT_EQ(sample[0].shape, (Shape{1, 2}));
  EXPECT_EQ(sample[0].dtype, kInt32);
  EXPECT_EQ(sample[0].as<int32_t>()[1], 4);
  EXPECT_EQ(sample[1].shape, Shape{1});
  EXPECT_EQ(open({{"kind", "npy"}, {"path", "x.npy"}}, folder.path(), {"x"})->sample(2)[0].as<int32_t>()[1],
            -6);
  EXPECT_THAT(
      complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "{input}.npy"}}, folder.path(), {"x", "y"}, 3),
      HasSubstr("there are 2: there is no row 2 in the array of shape [2]"));
  test::write_file(folder / "scalar.npy", npy_bytes("<f4", "()", std::string(4, '\0')));
  EXPECT_THAT(complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "scalar.npy"}}, folder.path(), {"x"}),
              HasSubstr("no axis 0"));
  test::write_file(folder / "empty.npy", npy_bytes("<f4", "(1099511627776, 0)", ""));
  EXPECT_THAT(complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "empty.npy"}}, folder.path(), {"x"}),
              HasSubstr("is empty"));
}

TEST(JsonlInputs, EachLineIsASample) {
  TempFolder folder;
  test::write_file(folder / "x.jsonl",
                   "{\"a\": [[1, 2]], \"b\": [0.5]}\n{\"b\": [1], \"a\": [[3, 4]], \"c\": 7}\n");
  const json description = {{"kind", "jsonl"}, {"path", "x.jsonl"}};
  const auto inputs = open(description, folder.path(), {"b", "a"});
  ASSERT_EQ(inputs->samples(), 2u);
  EXPECT_EQ(inputs->sample(0)[0].dtype, kFloat32);
  EXPECT_EQ(inputs->sample(1)[1].dtype, kInt32);
  EXPECT_EQ(inputs->sample(1)[1].shape, (Shape{1, 2}));
  EXPECT_EQ(inputs->sample(1)[1].as<int32_t>()[1], 4);
  EXPECT_EQ(open(description, folder.path(), {"a"}, 1)->samples(), 1u);
  EXPECT_THAT(complaint(ErrorKind::kData, description, folder.path(), {"a"}, 3),
              HasSubstr("3 samples are asked for, but there are 2: there is no line 3"));
  EXPECT_THAT(complaint(ErrorKind::kData, description, folder.path(), {"aa"}), HasSubstr("x.jsonl:1"));
  EXPECT_THAT(complaint(ErrorKind::kUsage, {{"kind", "jsonl"}, {"path", "x.jsonl"}, {"tensors", "a"}},
                        folder.path(), {"a"}),
              HasSubstr("tensors"));
}

TEST(SyntheticInputs, AreTheSameInAnyOrder) {
  const json description = {
      {"kind", "synthetic"},
      {"inputs",
       {{"x", {{"shape", {1, 5, 7}}, {"mean", 2}, {"std", 0.1}}},
        {"ids",
         {{"shape", {1, 16}}, {"dtype", "int64"}, {"distribution", "uniform"}, {"low", 0}, {"high", 256}}}}}};
  const auto inputs = open(description, "", {"ids", "x"}, 3);
  ASSERT_EQ(inputs->samples(), 3u);
  const std::vector<Tensor> second = inputs->sample(1), first = inputs->sample(0);
  const auto again = open(description, "", {"x", "ids"}, 8);
  EXPECT_EQ(std::memcmp(again->sample(0)[1].data, first[0].data, first[0].bytes()), 0);
  EXPECT_EQ(std::memcmp(again->sample(1)[0].data, second[1].data, second[1].bytes()), 0);
  EXPECT_NE(std::memcmp(first[1].data, second[1].data, first[1].bytes()), 0);
  EXPECT_EQ(first[0].dtype, kInt64);
  EXPECT_EQ(first[1].shape, (Shape{1, 5, 7}));
  json seeded = description;
  seeded["seed"] = 43;
  EXPECT_NE(
      std::memcmp(open(seeded, "", {"x", "ids"}, 1)->sample(0)[0].data, first[1].data, first[1].bytes()), 0);
}

TEST(Inputs, BadDescriptionsAreRefused) {
  const auto synthetic = [](const char* input) {
    return json{{"kind", "synthetic"}, {"inputs", {{"x", json::parse(input)}}}};
  };
  const struct {
    json description;
    const char* message;
  } kCases[] = {
      {json::array(), "\"inputs\" is not an object"},
      {{{"path", "x"}}, "\"kind\" is missing"},
      {{{"kind", "safetensor"}}, "did you mean \"safetensors\"?"},
      {{{"kind", "safetensors"}}, "\"path\" is missing"},
      {{{"kind", "safetensors"}, {"path", 1}}, "\"path\" is not a text"},
      {{{"kind", "safetensors"}, {"path", "x"}, {"tensor", "y"}}, "did you mean \"tensors\"?"},
      {{{"kind", "npy"}, {"path", "{samples}.npy"}}, "a place that is neither {input} nor {sample}"},
      {{{"kind", "synthetic"}}, "\"inputs\" is missing"},
      {{{"kind", "synthetic"}, {"inputs", {{"y", json::object()}}}}, "unknown key \"y\""},
      {{{"kind", "synthetic"}, {"inputs", json::object()}}, "the input \"x\" is not described"},
      {{{"kind", "synthetic"}, {"seed", -1}, {"inputs", json::object()}},
       "\"seed\" is not an unsigned integer"},
      {synthetic("{}"), "\"shape\" is not an array of extents"},
      {synthetic(R"({"shape": [-1]})"), "\"shape\" is not an array of extents"},
      {synthetic(R"({"shape": [1000000, 1000000]})"), "is too large"},
      {synthetic(R"({"shape": [100000, 100000]})"), "more than 8 GiB"},
      {synthetic(R"({"shape": [1], "dtype": "float16"})"), "the dtype \"float16\" is not made here"},
      {synthetic(R"({"shape": [1], "distribution": "gauss"})"), "unknown distribution \"gauss\""},
      {synthetic(R"({"shape": [1], "low": 1})"), "\"low\" has no meaning for the distribution \"normal\""},
      {synthetic(R"({"shape": [1], "std": -1})"), "\"std\" is negative"},
      {synthetic(R"({"shape": [1], "std": "1"})"), "\"std\" is not a number"},
      {synthetic(R"({"shape": [1], "dtype": "int32", "distribution": "normal"})"),
       "int32 has no normal distribution"},
      {synthetic(R"({"shape": [1], "dtype": "int32", "low": 0, "high": 4294967296})"),
       "leaves the range of int32"},
      {synthetic(R"({"shape": [1], "dtype": "int64", "low": 5, "high": 5})"), "no integer lies in [5, 5)"},
      {synthetic(R"({"shape": [1], "dtype": "int64", "high": 2.5})"), "\"high\" is not an integer"},
  };
  for (const auto& one : kCases) {
    const std::string text = complaint(ErrorKind::kUsage, one.description, "", {"x"}, 1);
    EXPECT_THAT(text, HasSubstr(one.message));
    EXPECT_THAT(text, HasSubstr(kWhere));
  }
  EXPECT_THAT(complaint(ErrorKind::kUsage, synthetic(R"({"shape": [1]})"), "", {"x"}),
              HasSubstr("say how many with \"samples\""));
  EXPECT_THAT(complaint(ErrorKind::kUsage, synthetic(R"({"shape": [1]})"), "", {"x"}, 0),
              HasSubstr("\"samples\" is 0"));
  EXPECT_THAT(complaint(ErrorKind::kData, {{"kind", "npy"}, {"path", "none.npy"}}, "/nowhere", {"x"}),
              HasSubstr("the file is not there"));
}

}  // namespace
}  // namespace vernier::core
