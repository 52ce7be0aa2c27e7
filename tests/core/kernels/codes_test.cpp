#include "kernels/codes.h"

#include <gtest/gtest.h>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"
#include "kernels/fake_quant.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr DType kUInt2{VERNIER_DTYPE_UINT, 2}, kInt2{VERNIER_DTYPE_INT, 2}, kUInt16{VERNIER_DTYPE_UINT, 16};

std::vector<uint8_t> codes_of(const std::vector<float>& x, DType dtype, int32_t zero_point) {
  ThreadPool pool(1);
  const auto n = static_cast<int64_t>(x.size());
  std::vector<std::byte> codes(dtype.bytes(x.size()), std::byte{0xEE});
  to_codes(x.data(), {1, 1, n}, QParams{dtype, Scheme::kAsymmetric, -1, false, {0.5f}, {zero_point}},
           codes.data(), pool);
  std::vector<uint8_t> result;
  result.reserve(codes.size());
  for (std::byte code : codes) result.push_back(static_cast<uint8_t>(code));
  return result;
}

TEST(Codes, LayOutEveryDType) {
  using Bytes = std::vector<uint8_t>;
  const std::vector<float> x = {0, 0.5f, -0.5f, 100, -100};
  for_each_target([&] {
    EXPECT_EQ(codes_of(x, kUInt8, 3), (Bytes{3, 4, 2, 203, 0}));
    EXPECT_EQ(codes_of(x, kInt8, 3), (Bytes{3, 4, 2, 127, 0x80}));
    EXPECT_EQ(codes_of(x, kInt16, 0), (Bytes{0, 0, 1, 0, 0xFF, 0xFF, 200, 0, 0x38, 0xFF}));
    EXPECT_EQ(codes_of(x, kUInt16, 7), (Bytes{7, 0, 8, 0, 6, 0, 207, 0, 0, 0}));
    EXPECT_EQ(codes_of(x, kUInt4, 3), (Bytes{0x43, 0xF2, 0x00}));
    EXPECT_EQ(codes_of(x, kInt4, 0), (Bytes{0x10, 0x7F, 0x08}));
    EXPECT_EQ(codes_of(x, kUInt2, 1), (Bytes{0b11'00'10'01, 0}));
    EXPECT_EQ(codes_of(x, kInt2, 0), (Bytes{0b01'11'01'00, 0b10}));
  });
}

TEST(Codes, ExpandToTheBitsOfFakeQuant) {
  ThreadPool one(1), two(2), five(5);
  for_each_target([&] {
    for (const ChannelView& view : odd_views()) {
      for (DType dtype : {kUInt8, kInt8, kInt16, kUInt16, kUInt4, kInt4, kInt2}) {
        SCOPED_TRACE(testing::Message()
                     << view.outer << " x " << view.channels << " x " << view.inner << " " << dtype.name());
        const int64_t n = view.elements();
        const QParams q = varied_qparams(dtype, view.channels, view.channels == 1 ? -1 : 0);
        const std::vector<float> x = mixed_floats(n, q.scale[0], 6);
        std::vector<float> expected(x.size());
        fake_quant(x.data(), view, q, expected.data(), one);
        std::vector<std::byte> first_codes;
        for (ThreadPool* pool : {&one, &two, &five}) {
          std::vector<std::byte> codes(dtype.bytes(x.size()), std::byte{0xEE});
          to_codes(x.data(), view, q, codes.data(), *pool);
          if (first_codes.empty()) first_codes = codes;
          ASSERT_EQ(codes, first_codes);
          std::vector<float> y(x.size());
          from_codes(codes.data(), 0, view, q, y.data(), *pool);
          ASSERT_EQ(first_difference(y.data(), expected.data(), n), -1);
        }
      }
    }
  });
}

TEST(Codes, ExpandSingleRows) {
  ThreadPool pool(2);
  // 35 columns: rows of packed codes begin inside bytes.
  const Shape shape = {300, 35};
  const std::vector<int64_t> rows = {7, 0, 299, 7, 8};
  for (DType dtype : {kUInt8, kInt16, kUInt4, kInt4, kInt2}) {
    for (int64_t axis : {-1, 0, 1}) {
      SCOPED_TRACE(testing::Message() << dtype.name() << " axis " << axis);
      const ChannelView view = ChannelView::of(shape, axis);
      const QParams q = varied_qparams(dtype, view.channels, axis);
      const std::vector<float> x = random_floats(view.elements(), 3.0f, 7);
      std::vector<std::byte> codes(dtype.bytes(x.size()));
      to_codes(x.data(), view, q, codes.data(), pool);
      std::vector<float> all(x.size()), some(rows.size() * 35);
      from_codes(codes.data(), 0, view, q, all.data(), pool);
      from_codes_rows(codes.data(), view, q, 35, rows, some.data(), pool);
      for (size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(first_difference(&some[i * 35], &all[static_cast<size_t>(rows[i]) * 35], 35), -1) << i;
    }
  }
}

TEST(Codes, RefuseRowsThatAreNotThere) {
  ThreadPool pool(1);
  const QParams q{kUInt8, Scheme::kAsymmetric, -1, false, {1}, {0}};
  const std::byte codes[6] = {};
  float y[3];
  for (int64_t row : {int64_t{-1}, int64_t{2}, std::numeric_limits<int64_t>::max()}) {
    try {
      from_codes_rows(codes, {1, 1, 6}, q, 3, std::span(&row, 1), y, pool);
      FAIL() << row;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
    }
  }
}

TEST(Codes, RefuseDTypesWithoutALayout) {
  ThreadPool pool(1);
  const float x = 0;
  std::byte code{};
  const QParams three_bits{DType(VERNIER_DTYPE_UINT, 3), Scheme::kAsymmetric, -1, false, {1}, {0}};
  test::expect_error(ErrorKind::kInternal, "codes of uint3 have no layout", [&] {
    to_codes(&x, {1, 1, 1}, three_bits, &code, pool);
  });
}

}  // namespace
}  // namespace vernier::core
