// Bytes of constants as a backend reads them: any piece is what stands there in the whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/graph/graph_builder.h"
#include "kernels/thread_pool.h"
#include "session/exporter.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

using testing::GraphBuilder;

// Parameters 0: a table that is coded, 1: an addend that stays float. `ids` picks rows of the table.
class CapturedGraphTest : public ::testing::Test {
 protected:
  static Tensor bfloats(const Shape& shape) {
    Tensor x = Tensor::allocate(kBFloat16, shape);
    for (int64_t i = 0; i < x.elements(); ++i)
      x.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(0x3F80 + i % 100);
    return x;
  }
  std::unique_ptr<CapturedGraph> capture(const QParams& qparams, const Tensor& table, const Tensor& addend,
                                         KeptCodes* codes = nullptr) {
    tree_.parameters.resize(2);
    tree_.parameters[0].source = table;
    tree_.parameters[1].source = addend;
    GraphBuilder b;
    table_ = b.coded("table", table.shape, qparams);
    b.graph.values[table_].parameter = 0;
    b.graph.values[table_].constant_bytes = qparams.dtype.bytes(static_cast<uint64_t>(table.elements()));
    addend_ = b.constant("addend", addend.shape);
    b.graph.values[addend_].parameter = 1;
    const ValueIndex rows = b.node("embedding", {table_, b.input("ids", {1}, kInt32)}, {1, table.shape[1]});
    const Graph recorded = b.outputs({b.node("add", {rows, addend_}, {1, table.shape[1]})});
    return std::make_unique<CapturedGraph>(recorded, tree_, *device_, ProfileLowering{}, RunControl::none(),
                                           codes);
  }
  static ValueIndex find(const CapturedGraph& captured, const std::string& name) {
    const auto& values = captured.graph().values;
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const GraphValue& one) { return one.name == name; });
    return static_cast<ValueIndex>(found - values.begin());
  }
  // Each piece of every constant that is small, and some of others, also to memory that is not aligned.
  static void expect_pieces(const CapturedGraph& captured, const std::string& name, const Tensor& wanted) {
    const ValueIndex value = find(captured, name);
    ASSERT_EQ(captured.graph().values.at(value).constant_bytes, wanted.bytes()) << name;
    const uint64_t bytes = wanted.bytes();
    for (uint64_t length = 0; length <= bytes; ++length) {
      for (uint64_t offset = 0; offset + length <= bytes; ++offset) {
        std::vector<std::byte> room(length + 3, std::byte{0xA5});
        std::byte* to = room.data() + offset % 2;
        captured.read(value, offset, to, length);
        ASSERT_TRUE(std::equal(to, to + length, wanted.data + offset))
            << name << " " << offset << " " << length;
        ASSERT_EQ(to[length], std::byte{0xA5}) << "nothing is written behind the end";
      }
    }
  }

  std::unique_ptr<ThreadPool> pool_ = std::make_unique<ThreadPool>(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
  ModuleTree tree_;
  ValueIndex table_ = kNoValue, addend_ = kNoValue;
};

TEST_F(CapturedGraphTest, AnyPieceOfAConstantIsWhatStandsThere) {
  const Tensor addend = bfloats({1, 5});
  for (const Tensor& table : {bfloats({3, 5}), test::ramp({3, 5})}) {
    for (const DType dtype : {DType(VERNIER_DTYPE_UINT, 2), kUInt4, kInt4, kUInt8, kInt16}) {
      for (const QParams& qparams :
           {test::qparams(dtype, {0.25f, 0.5f, 1}, {0, 1, 0}, 0),
            test::qparams(dtype, {1, 2, 3, 4, 5}, {0, 0, 0, 0, 1}, 1), test::qparams(dtype, {0.75f}, {1})}) {
        const auto captured = capture(qparams, table, addend);
        expect_pieces(*captured, "table", device_->encode(table, all_rows(table), qparams));
        expect_pieces(*captured, "addend", device_->widen(addend, all_rows(addend), kFloat32));
        const ConstantData data = captured->constant(find(*captured, "table"));
        EXPECT_EQ(data.values.data, table.data) << "no copy";
        ASSERT_NE(data.qparams, nullptr);
        EXPECT_EQ(*data.qparams, qparams);
        EXPECT_EQ(captured->constant(find(*captured, "addend")).qparams, nullptr);
      }
    }
  }
}

// The kept ones are of other values, so that one sees where the bytes come from.
TEST_F(CapturedGraphTest, CodesThatAreKeptAreNotMadeAgain) {
  const QParams qparams = test::qparams(kUInt4, {0.25F}, {3}), other = test::qparams(kUInt4, {0.5F}, {3});
  const Tensor table = bfloats({5, 4}), another = test::ramp({5, 4});
  KeptCodes codes(*device_);
  const auto captured = capture(qparams, table, test::floats({4}, {1, 2, 3, 4}), &codes);
  expect_pieces(*captured, "table", device_->encode(table, all_rows(table), qparams));
  EXPECT_EQ(codes.bytes(), 0U) << "a file is written piece by piece";
  (void)codes.find(0, another, other);
  expect_pieces(*captured, "table", device_->encode(table, all_rows(table), qparams));
  (void)codes.find(0, another, qparams);
  const Tensor kept = device_->encode(another, all_rows(another), qparams);
  expect_pieces(*captured, "table", kept);
  EXPECT_EQ(captured->kept_codes(find(*captured, "table")).data, codes.kept(0, qparams).data);
  EXPECT_FALSE(captured->kept_codes(find(*captured, "addend")).defined());
}

}  // namespace
}  // namespace vernier::core
