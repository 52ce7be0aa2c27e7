#include "calibration/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::HasSubstr;

JsonLines parsed(const std::string& text) {
  auto owner = std::make_shared<const std::string>(text);
  return JsonLines::parse(std::as_bytes(std::span(*owner)), owner, "x.jsonl");
}

Tensor array(const std::string& value) { return parsed("{\"x\": " + value + "}").read(0, {"x"}).at(0); }

TEST(JsonLines, IntegersAreInt32AndOtherNumbersFloat32) {
  const Tensor ids = array("[[101, -7592, 102], [2147483647, -2147483648, 0]]");
  EXPECT_EQ(ids.dtype, kInt32);
  EXPECT_EQ(ids.shape, (Shape{2, 3}));
  EXPECT_EQ(std::vector<int32_t>(ids.as<int32_t>(), ids.as<int32_t>() + 6),
            (std::vector<int32_t>{101, -7592, 102, 2147483647, INT32_MIN, 0}));
  const Tensor mask = array("[1.0, 0, 2e-1]");  // one fraction makes all of them numbers
  EXPECT_EQ(mask.dtype, kFloat32);
  EXPECT_EQ(std::vector<float>(mask.as<float>(), mask.as<float>() + 3), (std::vector<float>{1, 0, 0.2f}));
  EXPECT_EQ(array("7").shape, Shape{});
  EXPECT_EQ(array("[[[[[[[[7]]]]]]]]").shape, (Shape{1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(JsonLines, LinesMayEndAsOnWindowsAndTheLastWithoutAnEnd) {
  const JsonLines lines = parsed("{\"x\": 1, \"y\": 2}\r\n{\"y\": 4, \"x\": 3}");
  ASSERT_EQ(lines.size(), 2u);
  const std::vector<Tensor> second = lines.read(1, {"x", "y"});
  EXPECT_EQ(second[0].as<int32_t>()[0], 3);
  EXPECT_EQ(second[1].as<int32_t>()[0], 4);
}

TEST(JsonLines, WhatIsWrongIsNamedWithItsLine) {
  const struct {
    const char* text;
    const char* what;
    const char* where;
  } kCases[] = {
      {"", "the file is empty", "x.jsonl"},
      {"{\"x\": 1}\n\n{\"x\": 1}\n", "an empty line", "x.jsonl:2"},
      {"{\"x\": 1}\n \t\r\n", "an empty line", "x.jsonl:2"},
      {"{\"x\": 1}\n[1]\n", "the line is no object (array)", "x.jsonl:2"},
      {"{\"x\": 1}\n{\"x\": [1,]}\n", "not valid JSON", "x.jsonl:2:10"},
      {"{\"x\": 1} {\"x\": 1}\n", "not valid JSON", "x.jsonl:1:10"},
      {"{\"x\": 1, \"x\": 2}\n", "the key \"x\" is there twice", "x.jsonl:1"},
      {"{\"xs\": 1}\n", "there is no \"x\"", "did you mean \"xs\"?"},
      {"{\"x\": [[1, 2], [3]]}\n", "\"x\" is not rectangular: an array of 1 beside one of 2 on level 2",
       "x.jsonl:1"},
      {"{\"x\": [[1], 2]}\n", "\"x\" mixes numbers and arrays on one level", "x.jsonl:1"},
      {"{\"x\": [1, [2]]}\n", "\"x\" mixes numbers and arrays on one level", "x.jsonl:1"},
      {"{\"x\": []}\n", "\"x\" is an empty array", "x.jsonl:1"},
      {"{\"x\": [\"a\"]}\n", "\"x\" holds something that is no number (string)", "x.jsonl:1"},
      {"{\"x\": [true]}\n", "\"x\" holds something that is no number (boolean)", "x.jsonl:1"},
      {"{\"x\": {\"y\": 1}}\n", "\"x\" holds something that is no number (object)", "x.jsonl:1"},
      {"{\"x\": [2147483648]}\n", "\"x\" holds 2147483648, which int32 does not", "x.jsonl:1"},
      {"{\"x\": [-2147483649]}\n", "\"x\" holds -2147483649, which int32 does not", "x.jsonl:1"},
      {"{\"x\": [18446744073709551615]}\n", "\"x\" holds 18446744073709551615, which int32 does not",
       "x.jsonl:1"},
      {"{\"x\": [1e39]}\n", "which float32 does not", "x.jsonl:1"},
      {"{\"x\": [1e999]}\n", "not valid JSON", "x.jsonl:1"},
      {"{\"x\": [[[[[[[[[1]]]]]]]]]}\n", "nested deeper than 9 levels", "x.jsonl:1"},
  };
  for (const auto& one : kCases) {
    try {
      const JsonLines lines = parsed(one.text);
      for (size_t i = 0; i < lines.size(); ++i) (void)lines.read(i, {"x"});
      ADD_FAILURE() << one.text << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.format(), HasSubstr(one.what));
      EXPECT_THAT(error.format(), HasSubstr(one.where));
    }
  }
}

TEST(JsonLines, ALineIsBounded) {
  test::expect_error(ErrorKind::kData, "a line of 16777224 bytes, at most",
                     [] { (void)parsed("{\"x\": " + std::string(size_t{16} << 20, ' ') + "1}\n"); });
}

}  // namespace
}  // namespace vernier::core
