#include "calibration/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "support/expect_error.h"
#include "support/npy_bytes.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using test::npy_bytes;
using testing::HasSubstr;

NpyFile parsed_npy(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return NpyFile::parse(std::as_bytes(std::span(*owner)), owner, "x.npy");
}

TEST(Npy, ReadsEveryDtypeAndVersion) {
  const struct {
    const char* descr;
    const char* name;
  } kCases[] = {{"<f2", "float16"}, {"<f4", "float32"}, {"<f8", "float64"}, {"|b1", "bool"},
                {"|i1", "int8"},    {"<i2", "int16"},   {"<i4", "int32"},   {"<i8", "int64"},
                {"|u1", "uint8"},   {"<u2", "uint16"},  {"<u4", "uint32"},  {"<u8", "uint64"}};
  for (const auto& one : kCases) {
    for (int version : {1, 2, 3}) {
      const size_t bytes = 6 * static_cast<size_t>(one.descr[2] - '0');
      const NpyFile file = parsed_npy(npy_bytes(one.descr, "(2, 3)", std::string(bytes, '\1'), version));
      EXPECT_EQ(file.dtype().name(), one.name);
      EXPECT_EQ(file.shape(), (Shape{2, 3}));
      EXPECT_EQ(file.tensor().bytes(), bytes);
    }
  }
}

TEST(Npy, ReadsWhatNumpyAndItsAncestorsWrite) {
  EXPECT_EQ(parsed_npy(npy_bytes("<f4", "()", std::string(4, '\0'))).shape(), Shape{});
  EXPECT_EQ(parsed_npy(npy_bytes("<f4", "(3,)", std::string(12, '\0'))).shape(), Shape{3});
  EXPECT_EQ(parsed_npy(npy_bytes("<f4", "(3L, 1L)", std::string(12, '\0'))).shape(), (Shape{3, 1}));
  EXPECT_EQ(parsed_npy(npy_bytes("<f4", "(0, 5)", "")).tensor().elements(), 0);
  const std::string other = R"({"shape":(1,),"fortran_order":True,"descr":"<f4"})";
  EXPECT_EQ(parsed_npy(test::npy_with_header(other, std::string(4, '\0'))).shape(), Shape{1});
}

TEST(Npy, RowsKeepALeadingExtent) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const NpyFile file = parsed_npy(
      npy_bytes("<f4", "(3, 2)", std::string(reinterpret_cast<const char*>(values), sizeof(values))));
  const Tensor row = file.row(1);
  EXPECT_EQ(row.shape, (Shape{1, 2}));
  EXPECT_EQ(row.as<float>()[0], 3.0f);
  EXPECT_EQ(row.as<float>()[1], 4.0f);
}

TEST(Npy, BrokenFilesAreRefused) {
  const std::string good = npy_bytes("<f4", "(2,)", std::string(8, '\0'));
  const auto header = [](const std::string& text) {
    return test::npy_with_header(text, std::string(8, '\0'));
  };
  std::string version = good;
  version[6] = 9;
  const struct {
    std::string bytes;
    const char* message;
  } kCases[] = {
      {"", "not an npy file"},
      {"PK\3\4 an npz file", "not an npy file"},
      {version, "npy version 9 is unknown"},
      {good.substr(0, 40), "but 30 follow its length"},
      {npy_bytes("<f4", "(2,)", "", 2).substr(0, 10), "ends in its header's length"},
      {good + "x", "takes 8 bytes, but the file holds 9"},
      {good.substr(0, good.size() - 1), "takes 8 bytes, but the file holds 7"},
      {npy_bytes(">f4", "(2,)", std::string(8, '\0')), "big-endian"},
      {npy_bytes("<c8", "(1,)", std::string(8, '\0')), "dtype \"<c8\" is not read"},
      {npy_bytes("|O", "(1,)", std::string(8, '\0')), "dtype \"|O\" is not read"},
      {npy_bytes("|f4", "(2,)", std::string(8, '\0')), "dtype \"|f4\" is not read"},
      {npy_bytes("", "(2,)", std::string(8, '\0')), "dtype \"\" is not read"},
      {npy_bytes("<f4", "(4611686018427387904, 4)", ""), "beyond 63 bits"},
      {npy_bytes("<f4", "(0, 4611686018427387904, 4)", ""), "beyond 63 bits"},
      {npy_bytes("<f4", "(99999999999999999999,)", ""), "an extent is beyond 63 bits"},
      {npy_bytes("<f4", "(-2,)", ""), "no unsigned integer"},
      {npy_bytes("<f4", "(2 3)", ""), "')' is expected"},
      {header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}"), "Fortran order"},
      {header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), "structured"},
      {header("{'descr': '<f4', 'shape': (2,)}"), "no key 'fortran_order'"},
      {header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"), "is there twice"},
      {header("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}"), "True or False is expected"},
      {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"), "unknown key \"x\""},
      {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x"), "something follows"},
      {header("{'descr"), "a string has no end"},
      {header("[]"), "'{' is expected"},
  };
  for (const auto& one : kCases) {
    try {
      parsed_npy(one.bytes);
      ADD_FAILURE() << "accepted; expected: " << one.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.format(), HasSubstr(one.message));
      EXPECT_THAT(error.format(), HasSubstr("x.npy"));
    }
  }
}

TEST(Npy, RefusesABoolThatIsNone) {
  const NpyFile file = parsed_npy(npy_bytes("|b1", "(3, 1)", std::string("\0\1\7", 3)));
  EXPECT_EQ(file.row(1).as<uint8_t>()[0], 1);
  const char* reason = "the array is bool, but its element 2 is 7, neither 0 nor 1";
  test::expect_error(ErrorKind::kData, reason, [&] { (void)file.row(2); });
  test::expect_error(ErrorKind::kData, reason, [&] { (void)file.tensor(); });
}

}  // namespace
}  // namespace vernier::core
