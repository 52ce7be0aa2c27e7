#include "recipe/recipe_values.h"

#include <gtest/gtest.h>

#include <limits>

namespace vernier::core {
namespace {

TEST(ParseMemorySize, KnowsUnits) {
  const std::pair<const char*, uint64_t> rows[] = {{"8GiB", 8589934592u},
                                                   {"512MiB", 536870912u},
                                                   {"512 MiB", 536870912u},
                                                   {"1.5KiB", 1536u},
                                                   {"2GB", 2000000000u},
                                                   {"4096", 4096u},
                                                   {"1B", 1u},
                                                   {"1TiB", 1099511627776u},
                                                   {"8388607TiB", 9223370937343148032u},
                                                   {"8388608TiB", kMostMemory + 1},
                                                   {"9999999TiB", kMostMemory + 1},
                                                   {"1e30", kMostMemory + 1}};
  for (const auto& [text, bytes] : rows) EXPECT_EQ(parse_memory_size(text), bytes) << text;
  for (const char* text :
       {"", "8 Gib", "8gb", "GiB", "-1GiB", "0", "0.5", "inf", "nan", "8GiB!", "8 GiB GiB"})
    EXPECT_EQ(parse_memory_size(text), std::nullopt) << text;
}

TEST(ParseGate, KnowsComparisons) {
  const struct {
    const char* text;
    const char* op;
    double limit;
  } rows[] = {{"<= 0.01", "<=", 0.01},
              {"<0.5", "<", 0.5},
              {">= 30", ">=", 30},
              {" > -1e3 ", ">", -1000},
              {"== 0", "==", 0}};
  for (const auto& row : rows) {
    const auto gate = parse_gate(row.text);
    ASSERT_TRUE(gate) << row.text;
    EXPECT_EQ(gate->op, row.op);
    EXPECT_EQ(gate->limit, row.limit);
  }
  for (const char* text :
       {"", "0.01", "= 1", "=== 1", "<=", "<= x", "<= 1 2", "<= inf", "<= nan", "=< 1", "<= 1%"})
    EXPECT_FALSE(parse_gate(text)) << text;
}

TEST(Gate, Holds) {
  EXPECT_TRUE((Gate{"<=", 1}.holds(1)));
  EXPECT_FALSE((Gate{"<", 1}.holds(1)));
  EXPECT_TRUE((Gate{">=", 1}.holds(1)));
  EXPECT_FALSE((Gate{">", 1}.holds(1)));
  EXPECT_TRUE((Gate{"==", 0}.holds(0)));
  EXPECT_FALSE((Gate{"==", 0}.holds(1)));
  for (const char* op : {"<=", "<", ">=", ">"})
    EXPECT_FALSE((Gate{op, 1}.holds(std::numeric_limits<double>::quiet_NaN()))) << op;
}

}  // namespace
}  // namespace vernier::core
