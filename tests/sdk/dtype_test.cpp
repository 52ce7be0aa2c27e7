#include "vernier/dtype.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace vernier {
namespace {

struct Row {
  const char* name;
  int64_t qmin;
  int64_t qmax;
  uint64_t bytes_of_five;
};

TEST(DType, NamesRangesAndSizes) {
  const Row rows[] = {{"uint2", 0, 3, 2},
                      {"int2", -2, 1, 2},
                      {"uint4", 0, 15, 3},
                      {"int4", -8, 7, 3},
                      {"uint8", 0, 255, 5},
                      {"int8", -128, 127, 5},
                      {"uint16", 0, 65535, 10},
                      {"int16", -32768, 32767, 10},
                      {"int32", INT32_MIN, INT32_MAX, 20},
                      {"int64", INT64_MIN, INT64_MAX, 40},
                      {"float32", 0, 0, 20},
                      {"bfloat16", 0, 0, 10},
                      {"bool", 0, 0, 5}};
  for (const Row& row : rows) {
    const DType dtype = DType::parse(row.name);
    EXPECT_TRUE(dtype.is_set()) << row.name;
    EXPECT_EQ(dtype.name(), row.name);
    EXPECT_EQ(dtype.qmin(), row.qmin) << row.name;
    EXPECT_EQ(dtype.qmax(), row.qmax) << row.name;
    EXPECT_EQ(dtype.bytes(5), row.bytes_of_five) << row.name;
    EXPECT_EQ(DType(vernier_dtype(dtype)), dtype) << row.name;
  }
}

TEST(DType, WhatIsNoTypeIsUnset) {
  for (const char* name : {"", "int", "uint3", "int9", "float", "Uint8", "uint8 ", "double", "int128"})
    EXPECT_FALSE(DType::parse(name).is_set()) << name;
  EXPECT_EQ(DType().qmin(), 0);
  EXPECT_EQ(DType().qmax(), 0);
  EXPECT_EQ(DType().name(), "unset");
}

}  // namespace
}  // namespace vernier
