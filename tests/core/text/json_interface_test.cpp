// vernier.json/1 as plugins see it.
#include <gtest/gtest.h>

#include <string>

#include "abi/host_services.h"
#include "abi/interfaces.h"

namespace vernier::core {
namespace {

const std::string kDocument =
    R"({"width": 32, "eps": 1e-6, "whole": 4.0, "bias": false, "name": "x/y", "none": null, "list": [1,)"
    R"( 2, 3], "a/b": {"c~d": 7}})";

struct Row {
  const char* pointer;
  vernier_status integer;
  vernier_status number;
  vernier_status boolean;
  vernier_status text;
  vernier_status count;
};

TEST(JsonInterface, AnswersByTypeAndPlace) {
  constexpr vernier_status kOk = VERNIER_OK, kWrong = VERNIER_INVALID_ARGUMENT, kAbsent = VERNIER_NOT_FOUND;
  const Row rows[] = {{"/width", kOk, kOk, kWrong, kWrong, kWrong},
                      {"/eps", kWrong, kOk, kWrong, kWrong, kWrong},
                      {"/whole", kOk, kOk, kWrong, kWrong, kWrong},
                      {"/bias", kWrong, kWrong, kOk, kWrong, kWrong},
                      {"/name", kWrong, kWrong, kWrong, kOk, kWrong},
                      {"/none", kAbsent, kAbsent, kAbsent, kAbsent, kAbsent},
                      {"/list", kWrong, kWrong, kWrong, kWrong, kOk},
                      {"/list/1", kOk, kOk, kWrong, kWrong, kWrong},
                      {"/list/9", kAbsent, kAbsent, kAbsent, kAbsent, kAbsent},
                      {"/a~1b/c~0d", kOk, kOk, kWrong, kWrong, kWrong},
                      {"", kWrong, kWrong, kWrong, kWrong, kOk},
                      {"/absent", kAbsent, kAbsent, kAbsent, kAbsent, kAbsent}};
  const vernier_json_interface& json = *json_interface();
  for (const Row& row : rows) {
    const vernier_string document = to_abi(kDocument), pointer = to_abi(row.pointer);
    int64_t integer = 0;
    double number = 0;
    int32_t boolean = 0;
    vernier_string text{};
    uint64_t count = 0;
    EXPECT_EQ(json.integer(nullptr, document, pointer, &integer), row.integer) << row.pointer;
    EXPECT_EQ(json.number(nullptr, document, pointer, &number), row.number) << row.pointer;
    EXPECT_EQ(json.boolean(nullptr, document, pointer, &boolean), row.boolean) << row.pointer;
    EXPECT_EQ(json.text(nullptr, document, pointer, &text), row.text) << row.pointer;
    EXPECT_EQ(json.count(nullptr, document, pointer, &count), row.count) << row.pointer;
  }
}

TEST(JsonInterface, GivesTheValues) {
  const vernier_json_interface& json = *json_interface();
  int64_t integer = 0;
  vernier_string text{};
  uint64_t count = 0;
  ASSERT_EQ(json.integer(nullptr, to_abi(kDocument), to_abi("/whole"), &integer), VERNIER_OK);
  EXPECT_EQ(integer, 4);
  ASSERT_EQ(json.text(nullptr, to_abi(kDocument), to_abi("/name"), &text), VERNIER_OK);
  EXPECT_EQ(to_view(text), "x/y");
  ASSERT_EQ(json.dump(nullptr, to_abi(kDocument), to_abi("/list"), &text), VERNIER_OK);
  EXPECT_EQ(to_view(text), "[1,2,3]");
  ASSERT_EQ(json.count(nullptr, to_abi(kDocument), to_abi("/list"), &count), VERNIER_OK);
  EXPECT_EQ(count, 3u);
}

TEST(JsonInterface, LeavesTheResultAloneWhenItFails) {
  const vernier_json_interface& json = *json_interface();
  int64_t integer = 99;
  EXPECT_EQ(json.integer(nullptr, to_abi("{not json"), to_abi("/a"), &integer), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(json.integer(nullptr, to_abi(kDocument), to_abi("no slash"), &integer), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(json.integer(nullptr, to_abi(kDocument), to_abi("/eps"), &integer), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(integer, 99);
}

}  // namespace
}  // namespace vernier::core
