// The kernels against LibTorch's operators, bit by bit.
#include <ATen/ops/aminmax.h>
#include <ATen/ops/fake_quantize_per_channel_affine.h>
#include <ATen/ops/fake_quantize_per_tensor_affine.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"
#include "kernels/codes.h"
#include "kernels/convert.h"
#include "kernels/fake_quant.h"
#include "kernels/min_max.h"

namespace vernier::core {
namespace {

constexpr DType kDTypes[] = {kUInt8, kInt8, kInt16, kUInt4, kInt4};
// From where 1/scale is infinite up to where x/scale vanishes; neither powers of two only nor exact inverses
// only.
constexpr float kScales[] = {1e-45f, 1e-39f, 1e-8f, 0.0078431377f, 0.1f, 0.5f, 1.0f, 3.3333333f, 1e6f, 1e38f};

at::Tensor borrow(const std::vector<float>& x, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(x.data()), shape, at::kFloat);
}

// Zero points at both ends of the codes and between them.
std::vector<int32_t> zero_points(DType dtype) {
  const auto qmin = static_cast<int32_t>(dtype.qmin()), qmax = static_cast<int32_t>(dtype.qmax());
  return {qmin, qmin + 1, qmin + (qmax - qmin) / 3, (qmin + qmax) / 2, qmax - 1, qmax};
}

// `expected` against fake_quant, and against codes that are expanded again.
void expect_bits(const std::vector<float>& x, const ChannelView& view, const QParams& q,
                 const at::Tensor& expected, ThreadPool& pool) {
  const at::Tensor dense = expected.contiguous();
  for_each_target([&] {
    std::vector<float> y(x.size()), expanded(x.size());
    fake_quant(x.data(), view, q, y.data(), pool);
    const int64_t at = first_difference(y.data(), dense.const_data_ptr<float>(), view.elements());
    ASSERT_EQ(at, -1) << "fake_quant(" << x[static_cast<size_t>(at)] << ") = " << y[static_cast<size_t>(at)]
                      << ", LibTorch " << dense.const_data_ptr<float>()[at];
    std::vector<std::byte> codes(q.dtype.bytes(x.size()));
    to_codes(x.data(), view, q, codes.data(), pool);
    from_codes(codes.data(), 0, view, q, expanded.data(), pool);
    ASSERT_EQ(first_difference(expanded.data(), dense.const_data_ptr<float>(), view.elements()), -1)
        << "codes";
  });
}

TEST(KernelsBesideTorch, FakeQuantPerTensor) {
  const c10::InferenceMode guard;
  ThreadPool pool(2);
  for (DType dtype : kDTypes) {
    for (float scale : kScales) {
      const std::vector<float> x = mixed_floats(1003, scale, 11);
      const ChannelView view{1, 1, static_cast<int64_t>(x.size())};
      for (int32_t zero_point : zero_points(dtype)) {
        SCOPED_TRACE(::testing::Message()
                     << dtype.name() << " scale " << scale << " zero point " << zero_point);
        const QParams q{dtype, Scheme::kAsymmetric, -1, false, {scale}, {zero_point}};
        const at::Tensor input = borrow(x, {view.inner});
        expect_bits(x, view, q,
                    at::fake_quantize_per_tensor_affine(input, scale, zero_point, dtype.qmin(), dtype.qmax()),
                    pool);
        // TICO calls the variant whose qparams are tensors.
        const at::Tensor scale_tensor = at::tensor(scale), zero_tensor = at::tensor(zero_point, at::kInt);
        expect_bits(
            x, view, q,
            at::fake_quantize_per_tensor_affine(input, scale_tensor, zero_tensor, dtype.qmin(), dtype.qmax()),
            pool);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(KernelsBesideTorch, FakeQuantPerChannel) {
  const c10::InferenceMode guard;
  ThreadPool pool(2);
  for (DType dtype : kDTypes) {
    // Every scale with every zero point, one channel each.
    QParams q{dtype, Scheme::kAsymmetric, -1, false, {}, {}};
    for (float scale : kScales) {
      for (int32_t zero_point : zero_points(dtype)) {
        q.scale.push_back(scale);
        q.zero_point.push_back(zero_point);
      }
    }
    const auto channels = static_cast<int64_t>(q.scale.size());
    const at::Tensor scale = at::from_blob(q.scale.data(), {channels}, at::kFloat);
    const at::Tensor zero_point = at::from_blob(q.zero_point.data(), {channels}, at::kInt);
    const int64_t hard = static_cast<int64_t>(hard_floats(1).size());
    for (int64_t axis : {0, 1, 2}) {
      Shape shape = {3, 5, 3 * hard};
      shape[static_cast<size_t>(axis)] = channels;
      if (axis == 2) shape[0] = 3 * hard;
      const ChannelView view = ChannelView::of(shape, axis);
      SCOPED_TRACE(::testing::Message() << dtype.name() << " axis " << axis);
      // What is hard for a channel depends on its scale.
      std::vector<float> x(static_cast<size_t>(view.elements()));
      for (size_t c = 0; c < q.scale.size(); ++c) {
        const std::vector<float> values =
            mixed_floats(view.outer * view.inner, q.scale[c], static_cast<uint32_t>(c));
        for (int64_t i = 0; i < view.outer * view.inner; ++i) {
          const int64_t at =
              (i / view.inner * channels + static_cast<int64_t>(c)) * view.inner + i % view.inner;
          x[static_cast<size_t>(at)] = values[static_cast<size_t>(i)];
        }
      }
      q.axis = axis;
      expect_bits(x, view, q,
                  at::fake_quantize_per_channel_affine(borrow(x, shape), scale, zero_point, axis,
                                                       dtype.qmin(), dtype.qmax()),
                  pool);
      if (HasFatalFailure()) return;
    }
  }
}

// As a tensor's only channel is one long run to the kernels, and still has an axis.
TEST(KernelsBesideTorch, FakeQuantOfASingleChannel) {
  const c10::InferenceMode guard;
  ThreadPool pool(1);
  const std::vector<float> x = mixed_floats(999, 0.1f, 12);
  QParams q{kInt8, Scheme::kAsymmetric, 0, false, {0.1f}, {-5}};
  const at::Tensor scale = at::from_blob(q.scale.data(), {1}, at::kFloat),
                   zero_point = at::from_blob(q.zero_point.data(), {1}, at::kInt);
  expect_bits(x, ChannelView::of({1, 999}, 0), q,
              at::fake_quantize_per_channel_affine(borrow(x, {1, 999}), scale, zero_point, 0, -128, 127),
              pool);
}

TEST(KernelsBesideTorch, MinMax) {
  const c10::InferenceMode guard;
  ThreadPool pool(2);
  const Shape shape = {37, 19, 53};
  for (bool has_nan : {false, true}) {
    std::vector<float> x = random_floats(element_count(shape), 4.0f, 13);
    x[1234] = kInf;
    if (has_nan) x[4321] = kNaN;
    const at::Tensor input = borrow(x, shape);
    float lo = 0, hi = 0;
    EXPECT_FALSE(min_max(x.data(), static_cast<int64_t>(x.size()), lo, hi, pool));
    const auto [all_lo, all_hi] = at::aminmax(input);
    EXPECT_EQ(first_difference(&lo, all_lo.const_data_ptr<float>(), 1), -1);
    EXPECT_EQ(first_difference(&hi, all_hi.const_data_ptr<float>(), 1), -1);
    for (int64_t axis : {0, 1, 2}) {
      const ChannelView view = ChannelView::of(shape, axis);
      std::vector<float> low(static_cast<size_t>(view.channels)), high(low.size());
      EXPECT_FALSE(min_max(x.data(), view, low.data(), high.data(), pool));
      const auto [channel_lo, channel_hi] =
          at::aminmax(input.movedim(axis, 0).reshape({view.channels, -1}), 1);
      EXPECT_EQ(first_difference(low.data(), channel_lo.contiguous().const_data_ptr<float>(), view.channels),
                -1)
          << axis;
      EXPECT_EQ(first_difference(high.data(), channel_hi.contiguous().const_data_ptr<float>(), view.channels),
                -1)
          << axis;
    }
  }
}

TEST(KernelsBesideTorch, EveryHalf) {
  const c10::InferenceMode guard;
  std::vector<uint16_t> x(65536);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint16_t>(i);
  std::vector<float> y(x.size());
  for_each_target([&] {
    float16_to_float32(x.data(), y.data(), 65536);
    EXPECT_EQ(first_difference(
                  y.data(),
                  at::from_blob(x.data(), {65536}, at::kHalf).to(at::kFloat).const_data_ptr<float>(), 65536),
              -1);
    bfloat16_to_float32(x.data(), y.data(), 65536);
    EXPECT_EQ(
        first_difference(
            y.data(), at::from_blob(x.data(), {65536}, at::kBFloat16).to(at::kFloat).const_data_ptr<float>(),
            65536),
        -1);
  });
}

}  // namespace
}  // namespace vernier::core
