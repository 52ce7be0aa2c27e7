#include "kernels/fake_quant.h"

#include <gtest/gtest.h>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// One element, by the rule as it stands in affine-inl.h.
float plain_fake_quant(float x, float scale, int32_t zero_point, DType dtype, bool has_axis) {
  const auto qmin = static_cast<float>(dtype.qmin()), qmax = static_cast<float>(dtype.qmax());
  const auto zero = static_cast<float>(zero_point);
  float code = std::nearbyint(x * (1.0f / scale)) + zero;
  if (std::isnan(code) || (has_axis && code >= 0x1p63f)) code = qmin;
  code = std::min(std::max(code, qmin), qmax);
  return (code - zero) * scale;
}

std::vector<float> plain_fake_quant(const std::vector<float>& x, const ChannelView& view, const QParams& q) {
  std::vector<float> y;
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i / static_cast<size_t>(view.inner) % q.scale.size();
    y.push_back(plain_fake_quant(x[i], q.scale[c], q.zero_point[c], q.dtype, q.axis >= 0));
  }
  return y;
}

TEST(FakeQuant, RoundsHalfToEvenAndClamps) {
  ThreadPool pool(1);
  const QParams q{kUInt8, Scheme::kAsymmetric, -1, false, {0.5f}, {10}};
  const std::vector<float> x = {0.0f,    -0.0f, 0.25f, 0.75f,  -0.25f, -0.75f, 122.5f,
                                122.75f, 1e9f,  -5.0f, -5.25f, kInf,   -kInf,  kNaN};
  const std::vector<float> expected = {0, 0, 0, 1, 0, -1, 122.5f, 122.5f, 122.5f, -5, -5, 122.5f, -5, -5};
  std::vector<float> y(x.size());
  for_each_target([&] {
    fake_quant(x.data(), {1, 1, static_cast<int64_t>(x.size())}, q, y.data(), pool);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(bits_of(y[i]), bits_of(expected[i])) << x[i];
  });
}

TEST(FakeQuant, MatchesTheScalarLoopInEveryShape) {
  ThreadPool one(1), two(2), five(5);
  for_each_target([&] {
    for (const ChannelView& view : odd_views()) {
      for (DType dtype : {kUInt8, kInt16, kInt4}) {
        const QParams q = varied_qparams(dtype, view.channels, view.channels == 1 ? -1 : 0);
        const std::vector<float> x = mixed_floats(view.elements(), q.scale[0], 3);
        const std::vector<float> expected = plain_fake_quant(x, view, q);
        for (ThreadPool* pool : {&one, &two, &five}) {
          std::vector<float> y(x.size());
          fake_quant(x.data(), view, q, y.data(), *pool);
          ASSERT_EQ(first_difference(y.data(), expected.data(), view.elements()), -1)
              << view.outer << " x " << view.channels << " x " << view.inner << " " << dtype.name()
              << ", threads " << pool->threads();
        }
      }
    }
  });
}

// From some size on the result bypasses the caches, which needs aligned addresses.
TEST(FakeQuant, LargeTensorsGiveTheSameBits) {
  ThreadPool pool(2);
  const int64_t n = 4 * 1024 * 1024;
  for (const ChannelView& view : {ChannelView{1, 1, n + 5}, ChannelView{2, 4, n / 8},
                                  ChannelView{n / 64, 64, 1}, ChannelView{n / 64 + 1, 67, 1}}) {
    const QParams q = varied_qparams(kUInt8, view.channels, view.channels == 1 ? -1 : 0);
    const std::vector<float> x = mixed_floats(view.elements(), q.scale[0], 4);
    const std::vector<float> expected = plain_fake_quant(x, view, q);
    for (int64_t offset : {0, 1}) {
      Tensor y = Tensor::allocate(kFloat32, {view.elements() + offset});
      fake_quant(x.data(), view, q, y.mutable_as<float>() + offset, pool);
      EXPECT_EQ(first_difference(y.as<float>() + offset, expected.data(), view.elements()), -1)
          << view.channels << " at " << offset;
    }
  }
}

TEST(FakeQuant, WorksInPlace) {
  ThreadPool pool(2);
  const ChannelView view{3, 5, 1001};
  const QParams q = varied_qparams(kInt8, 5, 1);
  std::vector<float> x = mixed_floats(view.elements(), q.scale[0], 5);
  const std::vector<float> expected = plain_fake_quant(x, view, q);
  fake_quant(x.data(), view, q, x.data(), pool);
  EXPECT_EQ(first_difference(x.data(), expected.data(), view.elements()), -1);
}

TEST(FakeQuant, RefusesQParamsOfAnotherTensor) {
  ThreadPool pool(1);
  const float x[6] = {};
  float y[6];
  const QParams good{kUInt8, Scheme::kAsymmetric, 0, false, {1, 1}, {0, 255}};
  fake_quant(x, {1, 2, 3}, good, y, pool);
  const auto refused = [&](const std::string& reason, auto damage) {
    QParams q = good;
    damage(q);
    test::expect_error(ErrorKind::kInternal, reason, [&] { fake_quant(x, {1, 2, 3}, q, y, pool); });
  };
  refused("1 scales and 2 zero points for 2 channels", [](QParams& q) { q.scale.pop_back(); });
  refused("2 scales and 3 zero points for 2 channels", [](QParams& q) { q.zero_point.push_back(0); });
  refused("zero point 256 outside [0, 255]", [](QParams& q) { q.zero_point[1] = 256; });
  refused("zero point -1 outside [0, 255]", [](QParams& q) { q.zero_point[0] = -1; });
  refused("a site that stays float has no qparams", [](QParams& q) { q.is_float = true; });
  refused("cannot quantize to float16", [](QParams& q) { q.dtype = kFloat16; });
  refused("cannot quantize to int32", [](QParams& q) { q.dtype = kInt32; });
  refused("cannot quantize to " + DType().name(), [](QParams& q) { q.dtype = DType(); });
}

}  // namespace
}  // namespace vernier::core
