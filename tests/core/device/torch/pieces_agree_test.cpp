// The two devices on constants that are worked through in pieces.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "core/device/torch/same_bits.h"
#include "core/kernels/samples.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

class PiecesAgree : public ::testing::Test {
 protected:
  ThreadPool pool_{2};
  std::unique_ptr<Device> torch_ = make_torch_device(pool_), reference_ = make_reference_device(pool_);
};

// Longer than the blocks in which kernels widen and pack (4096), and than what a thread takes (65536).
TEST_F(PiecesAgree, OnPiecesOfConstantsToTheBit) {
  const Shape shape = {3, 25001};
  const int64_t elements = element_count(shape);
  const std::vector<float> mixed = mixed_floats(static_cast<size_t>(elements), 0.1f, 5);
  for (const DType source : {kFloat32, kFloat64, kBFloat16, kFloat16}) {
    Tensor x = Tensor::allocate(source, shape);
    for (int64_t i = 0; i < elements; ++i) {
      if (source == kFloat32) x.mutable_as<float>()[i] = mixed[static_cast<size_t>(i)];
      if (source == kFloat64)
        x.mutable_as<double>()[i] = static_cast<double>(mixed[static_cast<size_t>(i)]) / 3;
      if (source.bits == 16) x.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(i * 40503);
    }
    for (const ElementRange& part : {ElementRange{0, elements}, {8, 65544}, {25000, 30000}, {50000, 8}}) {
      std::vector<float> mine(static_cast<size_t>(part.count)), theirs(mine);
      torch_->widen_elements(x, part, mine.data());
      reference_->widen_elements(x, part, theirs.data());
      EXPECT_EQ(std::memcmp(mine.data(), theirs.data(), mine.size() * 4), 0) << source.name();
      for (const DType dtype : {kUInt8, kInt8, kInt16, kUInt4}) {
        for (int64_t axis = -1; axis < 2; ++axis) {
          const QParams q = varied_qparams(dtype, shape, axis);
          std::vector<std::byte> a(dtype.bytes(static_cast<uint64_t>(part.count))), b(a);
          torch_->encode_elements(x, part, q, a.data());
          reference_->encode_elements(x, part, q, b.data());
          EXPECT_EQ(a, b) << source.name() << " to " << dtype.name() << " along " << axis << ", from "
                          << part.first;
        }
      }
    }
  }
}

// More elements than are coded at once.
TEST_F(PiecesAgree, OnWhatTheCodesOfALargeConstantMean) {
  const Shape shape = {5, 3, 30001};
  Tensor x = Tensor::allocate(kFloat32, shape);
  const std::vector<float> mixed = mixed_floats(static_cast<size_t>(x.elements()), 0.1f, 5);
  std::copy(mixed.begin(), mixed.end(), x.mutable_as<float>());
  for (const DType dtype : {kUInt8, kUInt4}) {
    for (int64_t axis = -1; axis < 3; ++axis) {
      const QParams q = varied_qparams(dtype, shape, axis);
      const std::string what = dtype.name() + " along " + std::to_string(axis);
      expect_same_bits(torch_->through_codes(x, q), torch_->fake_quantize(x, q), what);
      const Tensor exact = torch_->through_codes(x, q, kFloat64);
      expect_same_bits(exact, reference_->through_codes(x, q, kFloat64), what);
      const Tensor codes = torch_->encode(x, all_rows(x), q);
      expect_same_bits(exact, torch_->expand(codes, all_rows(x), q, kFloat64), what);
    }
  }
}

}  // namespace
}  // namespace vernier::core
