#include "vernier/core/json_value.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

namespace vernier::core {
namespace {

using nlohmann::json;

// Vectors of structs that hold one must move them, not copy them, when they grow.
static_assert(std::is_nothrow_move_constructible_v<JsonValue> &&
              std::is_nothrow_move_assignable_v<JsonValue>);

TEST(JsonValue, BeginsAsNullAnObjectOrAnArray) {
  EXPECT_EQ(JsonValue()->dump(), "null");
  EXPECT_EQ(JsonValue::object()->dump(), "{}");
  EXPECT_EQ(JsonValue::array()->dump(), "[]");
}

TEST(JsonValue, ACopyIsIndependent) {
  JsonValue first = json{{"a", 1}};
  JsonValue second = first;
  (*second)["a"] = 2;
  EXPECT_EQ(first->dump(), R"({"a":1})");
  EXPECT_EQ(second->dump(), R"({"a":2})");
  first = second;
  (*second)["a"] = 3;
  EXPECT_EQ(first->dump(), R"({"a":2})");
  const JsonValue& itself = first;
  first = itself;
  EXPECT_EQ(first->dump(), R"({"a":2})");
}

TEST(JsonValue, AMovedFromOneTakesANewValue) {
  JsonValue first = json("text");
  const JsonValue second = std::move(first);
  EXPECT_EQ(*second, json("text"));
  first = second;
  EXPECT_EQ(*first, json("text"));
}

TEST(JsonValue, IsReadAsJson) {
  const JsonValue value = json{{"a", {1, 2}}};
  const auto size = [](const json& read) { return read.at("a").size(); };
  EXPECT_EQ(size(value), 2u);
}

}  // namespace
}  // namespace vernier::core
