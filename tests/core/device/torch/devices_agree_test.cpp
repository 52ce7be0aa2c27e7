// The two devices, op by op and pass by pass: what users run against what the passes mean. The calls of ops
// come from schemas/ops.json.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/device/torch/op_cases.h"
#include "core/device/torch/same_bits.h"
#include "core/kernels/samples.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::CaseArgument;
using testing::Given;
using testing::Integers;
using testing::op_cases;
using testing::OpCase;

constexpr DType kOpDTypes[] = {kFloat32, kFloat64, kInt64, kInt32, kInt16, kInt8, kUInt8, kBool};
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kEdgeValues[] = {
    0.0f,     -0.0f, 1.0f,  -1.0f,     0.5f,       1e-45f,          -1e-45f, 1e-39f, 3.4e38f,     NAN,
    -3.4e38f, -2.7f, 88.0f, kInfinity, -kInfinity, 1.17549435e-38f, -104.0f, 2.5f,   16777216.0f, 1e-20f};

// Values of float dtypes: moderate ones, or every kind of edge.
enum class Fill { kModerate, kEdges };

double element(size_t i, size_t seed, Fill fill) {
  if (fill == Fill::kEdges)
    return static_cast<double>(kEdgeValues[(i * 7 + seed * 3) % std::size(kEdgeValues)]);
  return std::sin(static_cast<double>(i * 31 + seed * 17 + 1)) * 3;
}

template <typename T>
void fill_integers(Tensor& x, size_t seed) {
  const T ends[] = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}, T{1}, T{7}};
  for (int64_t i = 0; i < x.elements(); ++i)
    x.mutable_as<T>()[i] = ends[(static_cast<size_t>(i) + seed) % std::size(ends)];
}

Tensor filled(DType dtype, const Shape& shape, size_t seed, Fill fill) {
  Tensor x = Tensor::allocate(dtype, shape);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const double value = element(static_cast<size_t>(i), seed, fill);
    if (dtype == kFloat32) x.mutable_as<float>()[i] = static_cast<float>(value);
    if (dtype == kFloat64) x.mutable_as<double>()[i] = value;
    if (dtype == kBool) x.mutable_as<bool>()[i] = (static_cast<size_t>(i) + seed) % 3 == 0;
  }
  if (dtype == kInt64) fill_integers<int64_t>(x, seed);
  if (dtype == kInt32) fill_integers<int32_t>(x, seed);
  if (dtype == kInt16) fill_integers<int16_t>(x, seed);
  if (dtype == kInt8) fill_integers<int8_t>(x, seed);
  if (dtype == kUInt8) fill_integers<uint8_t>(x, seed);
  return x;
}

template <typename T>
void copy_integers(Tensor& x, const std::vector<int64_t>& values) {
  for (size_t i = 0; i < values.size(); ++i) x.mutable_as<T>()[i] = static_cast<T>(values[i]);
}

Tensor of_values(DType dtype, const Given& given) {
  Tensor x = Tensor::allocate(dtype, given.shape);
  if (dtype == kFloat32) copy_integers<float>(x, given.values);
  if (dtype == kFloat64) copy_integers<double>(x, given.values);
  if (dtype == kInt64) copy_integers<int64_t>(x, given.values);
  if (dtype == kInt32) copy_integers<int32_t>(x, given.values);
  if (dtype == kInt16) copy_integers<int16_t>(x, given.values);
  if (dtype == kInt8) copy_integers<int8_t>(x, given.values);
  if (dtype == kUInt8) copy_integers<uint8_t>(x, given.values);
  if (dtype == kBool) copy_integers<bool>(x, given.values);
  return x;
}

// The case's arguments; its k-th tensor has dtypes[k % 2].
std::vector<OpArgument> arguments_of(const OpCase& c, const DType (&dtypes)[2], Fill fill) {
  std::vector<OpArgument> result;
  size_t tensors = 0;
  const auto next = [&](const Shape& shape) {
    const size_t k = tensors++;
    return filled(dtypes[k % 2], shape, k, fill);
  };
  for (const CaseArgument& argument : c.arguments) {
    if (const auto* shape = std::get_if<Shape>(&argument)) {
      result.emplace_back(next(*shape));
    } else if (const auto* given = std::get_if<Given>(&argument)) {
      result.emplace_back(of_values(dtypes[tensors++ % 2], *given));
    } else if (const auto* shapes = std::get_if<std::vector<Shape>>(&argument)) {
      std::vector<Tensor> many;
      for (const Shape& one : *shapes) many.push_back(next(one));
      result.emplace_back(std::move(many));
    } else if (const auto* integers = std::get_if<Integers>(&argument)) {
      result.emplace_back(integers->values);
    } else if (const auto* integer = std::get_if<int64_t>(&argument)) {
      result.emplace_back(*integer);
    } else if (const auto* number = std::get_if<double>(&argument)) {
      result.emplace_back(*number);
    } else if (const auto* text = std::get_if<std::string>(&argument)) {
      result.emplace_back(*text);
    } else {
      result.emplace_back(std::monostate{});
    }
  }
  return result;
}

// (Counted at 1e-30 or above: silu(-104) is -7e-44, or 0 where exp(104) overflows on the way.)
// Distance in units of the last place of float32 (of double for float64), counted at 1 or above where the
// case says so. NaN equals NaN, and the zeros each other.
template <typename T>
double ulps_apart(T a, T b, bool of_one) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : 1e300;
  if (a == b) return 0;
  if (std::isinf(a) || std::isinf(b)) return 1e300;
  const T size = std::max(std::max(std::abs(a), std::abs(b)), of_one ? T{1} : T(1e-30));
  const T unit = size - std::nextafter(size, T{0});
  return std::abs(static_cast<double>(a) - static_cast<double>(b)) / static_cast<double>(unit);
}

template <typename T>
double worst(const Tensor& a, const Tensor& b, bool of_one) {
  double result = 0;
  for (int64_t i = 0; i < a.elements(); ++i)
    result = std::max(result, ulps_apart(a.as<T>()[i], b.as<T>()[i], of_one));
  return result;
}

void expect_near(const Tensor& reference, const Tensor& torch, const OpCase& c, const std::string& what) {
  ASSERT_EQ(reference.dtype, torch.dtype) << what;
  ASSERT_EQ(reference.shape, torch.shape) << what;
  if (torch.dtype == kFloat32) {
    EXPECT_LE(worst<float>(reference, torch, c.ulps_of_one), c.ulps) << what;
  } else if (torch.dtype == kFloat64) {
    EXPECT_LE(worst<double>(reference, torch, c.ulps_of_one), std::max(c.ulps, 4)) << what;
  } else {
    EXPECT_EQ(std::memcmp(reference.data, torch.data, torch.bytes()), 0) << what;
  }
}

// LibTorch's gelu by the error function gives inf from 1.7e38 on, and NaN for inf; the definition does not.
bool overflows_on_the_way(const OpSignature& op) { return op.shape_rule == ShapeRule::kGelu; }

// Sums of edges overflow in float32 on the way and not in double; where nothing is summed they are compared.
bool takes_edges(const OpSignature& op) {
  switch (op.shape_rule) {
    case ShapeRule::kLinear:
    case ShapeRule::kMatmul:
    case ShapeRule::kReduce:
    case ShapeRule::kNormalized:
    case ShapeRule::kAlongAxis:
    case ShapeRule::kConv1d:
    case ShapeRule::kConv2d:
    case ShapeRule::kConv3d:
    case ShapeRule::kConvTranspose2d:
    case ShapeRule::kResize2d:
      return false;
    case ShapeRule::kPool2d:
      return op.name == "max_pool2d";
    default:
      return !overflows_on_the_way(op);
  }
}

// The call's error; empty where there is none.
std::string refusal_of(Device& device, uint32_t id, const std::vector<OpArgument>& arguments) {
  try {
    (void)device.run(id, arguments);
    return {};
  } catch (const Error& error) {
    return error.format();
  }
}

class DevicesAgree : public ::testing::Test {
 protected:
  void expect_alike(const OpCase& c, uint32_t id, const std::vector<OpArgument>& arguments,
                    const std::vector<TensorType>& types, const std::string& what) {
    const std::vector<Tensor> torch = torch_->run_all(id, arguments);
    const std::vector<Tensor> reference = reference_->run_all(id, arguments);
    EXPECT_EQ(types, types_of(torch)) << what;
    ASSERT_EQ(reference.size(), torch.size()) << what;
    for (size_t i = 0; i < torch.size(); ++i) expect_near(reference[i], torch[i], c, what);
  }
  ThreadPool pool_{2};
  std::unique_ptr<Device> torch_ = make_torch_device(pool_);
  std::unique_ptr<Device> reference_ = make_reference_device(pool_);
};

TEST_F(DevicesAgree, OnEveryOpDTypeAndShape) {
  int compared = 0;
  for (const OpCase& c : op_cases()) {
    const uint32_t id = find_op(c.op, 1).value();
    for (const DType first : kOpDTypes) {
      for (const DType second : kOpDTypes) {
        for (const Fill fill : {Fill::kModerate, Fill::kEdges}) {
          if (fill == Fill::kEdges && !takes_edges(op_signatures()[id])) continue;
          const std::vector<OpArgument> arguments = arguments_of(c, {first, second}, fill);
          std::vector<TensorType> types;
          try {
            types = op_results(id, types_of(arguments));
          } catch (const Error&) {
            continue;  // the rules refuse it on both devices
          }
          const std::string what = std::string(c.op) + " of " + to_string(types[0]) + ", " + first.name() +
                                   " and " + second.name() + (fill == Fill::kEdges ? ", edges" : "");
          const std::string refusal = refusal_of(*torch_, id, arguments);
          EXPECT_EQ(refusal, refusal_of(*reference_, id, arguments)) << what;
          if (!refusal.empty()) continue;  // an integer is divided by 0
          expect_alike(c, id, arguments, types, what);
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 3000);
}

TEST_F(DevicesAgree, OnNaNAndInfinityInSums) {
  for (const OpCase& c : op_cases()) {
    const uint32_t id = find_op(c.op, 1).value();
    if (takes_edges(op_signatures()[id]) || overflows_on_the_way(op_signatures()[id])) continue;
    for (const float special : {NAN, kInfinity, -kInfinity}) {
      // A neighbour whose share is 0 gives NaN or nothing, as the order of the sums has it.
      if (op_signatures()[id].shape_rule == ShapeRule::kResize2d && std::isinf(special)) continue;
      std::vector<OpArgument> arguments = arguments_of(c, {kFloat32, kFloat32}, Fill::kModerate);
      Tensor& x = std::get<Tensor>(arguments[0]);
      if (x.elements() == 0) continue;
      x.mutable_as<float>()[x.elements() / 2] = special;
      expect_near(reference_->run(id, arguments), torch_->run(id, arguments), c,
                  std::string(c.op) + " with " + std::to_string(special));
    }
  }
}

TEST_F(DevicesAgree, OnRefusals) {
  const Tensor x = filled(kFloat32, {2, 3}, 1, Fill::kModerate);
  const auto index = [](int64_t value) {
    Tensor result = Tensor::allocate(kInt64, {1});
    *result.mutable_as<int64_t>() = value;
    return result;
  };
  const Tensor whole = of_values(kInt32, {{2, 3}, {1, 2, 3, 4, 5, 6}});
  const std::pair<const char*, std::vector<OpArgument>> calls[] = {
      {"add", {x, filled(kFloat32, {4}, 1, Fill::kModerate)}},
      {"softmax", {x, int64_t{2}}},
      {"embedding", {x, index(2)}},
      {"embedding", {x, index(-1)}},
      {"embedding", {x, index(std::numeric_limits<int64_t>::max())}},
      {"embedding", {x, index(std::numeric_limits<int64_t>::min())}},
      {"floor_div", {whole, index(0)}},
      {"floor_div", {index(std::numeric_limits<int64_t>::min()), index(-1)}},
      {"remainder", {whole, of_values(kInt64, {{}, {int64_t{1} << 32}})}},
      {"gather", {x, index(3), int64_t{1}}},
      {"gather", {x, index(-1), int64_t{-1}}},
      {"one_hot", {index(3), int64_t{3}, std::string("float32")}},
      {"scatter_rows", {x, of_values(kInt32, {{2}, {1, 1}}), x}},
      {"scatter_rows", {x, of_values(kInt32, {{2}, {0, 2}}), x}},
      {"dynamic_update_slice", {x, of_values(kInt32, {{2}, {0, 1}}), x}}};
  for (const auto& [op, arguments] : calls) {
    const uint32_t id = find_op(op, 1).value();
    const std::string torch = refusal_of(*torch_, id, arguments);
    EXPECT_NE(torch, "") << op;
    EXPECT_EQ(torch, refusal_of(*reference_, id, arguments)) << op;
  }
}

// Passes: bit-identical.
TEST_F(DevicesAgree, OnFakeQuantEncodeAndExpandToTheBit) {
  for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{7, 5}, Shape{3, 4, 17}, Shape{2, 1, 64}}) {
    Tensor x = Tensor::allocate(kFloat32, shape);
    const std::vector<float> mixed = mixed_floats(static_cast<size_t>(x.elements()), 0.1f, 5);
    std::copy(mixed.begin(), mixed.end(), x.mutable_as<float>());
    for (const DType dtype : {kUInt8, kInt8, kInt16, kUInt4, kInt4}) {
      for (int64_t axis = -1; axis < static_cast<int64_t>(shape.size()); ++axis) {
        const QParams q = varied_qparams(dtype, shape, axis);
        const std::string what = dtype.name() + to_string(shape) + " along " + std::to_string(axis);
        expect_same_bits(torch_->fake_quantize(x, q), reference_->fake_quantize(x, q), what);
        const int64_t rows = all_rows(x).end;
        for (const Rows part : {Rows{0, rows}, Rows{0, rows / 2}, Rows{rows / 2, rows}, Rows{rows, rows}}) {
          const std::string where = what + ", rows from " + std::to_string(part.begin);
          const Tensor codes = torch_->encode(x, part, q);
          expect_same_bits(codes, reference_->encode(x, part, q), where);
          const Tensor whole = torch_->encode(x, all_rows(x), q);
          expect_same_bits(torch_->expand(whole, part, q), reference_->expand(whole, part, q), where);
          expect_same_bits(torch_->expand(whole, part, q, kFloat64),
                           reference_->expand(whole, part, q, kFloat64), where);
        }
      }
    }
  }
}

TEST_F(DevicesAgree, OnBlocksToTheBit) {
  for (const auto& [shape, size] :
       {std::pair{Shape{7, 6}, 2}, {Shape{3, 2, 64}, 32}, {Shape{5, 33}, 33}, {Shape{1, 40}, 8}}) {
    const Tensor x = filled(kFloat32, shape, 4, Fill::kModerate);
    const auto count = static_cast<size_t>(x.elements() / size);
    for (const DType dtype : {kUInt8, kInt8, kInt16, kUInt4, kInt4}) {
      QParams q = varied_qparams(dtype, {static_cast<int64_t>(count), 1}, 0);
      q.axis = -1;
      q.block_size = size;
      const std::string what = dtype.name() + to_string(shape) + " in blocks of " + std::to_string(size);
      expect_same_bits(torch_->fake_quantize(x, q), reference_->fake_quantize(x, q), what);
      const Tensor codes = torch_->encode(x, all_rows(x), q);
      expect_same_bits(codes, reference_->encode(x, all_rows(x), q), what);
      const Rows part{all_rows(x).end / 2, all_rows(x).end};
      for (const DType to : {kFloat32, kFloat64}) {
        expect_same_bits(torch_->expand(codes, part, q, to), reference_->expand(codes, part, q, to), what);
        expect_same_bits(torch_->through_codes(x, q, to), reference_->through_codes(x, q, to), what);
      }
      if (shape.size() != 2) continue;
      Tensor indices = Tensor::allocate(kInt32, {2});
      indices.mutable_as<int32_t>()[0] = static_cast<int32_t>(shape[0] - 1);
      indices.mutable_as<int32_t>()[1] = 0;
      expect_same_bits(torch_->gather(codes, &q, indices, kFloat32, "t"),
                       reference_->gather(codes, &q, indices, kFloat32, "t"), what);
    }
  }
}

TEST_F(DevicesAgree, OnGatherAndWideningToTheBit) {
  Tensor halves = Tensor::allocate(kFloat16, {256, 256});
  for (int i = 0; i < 65536; ++i) halves.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(i);
  Tensor indices = Tensor::allocate(kInt32, {2, 3});
  for (int i = 0; i < 6; ++i) indices.mutable_as<int32_t>()[i] = i * 51 % 256;
  for (const DType dtype : {kFloat16, kBFloat16}) {
    halves.dtype = dtype;
    for (const DType to : {kFloat32, kFloat64}) {
      expect_same_bits(torch_->widen(halves, {3, 250}, to), reference_->widen(halves, {3, 250}, to),
                       dtype.name());
      expect_same_bits(torch_->gather(halves, nullptr, indices, to, "t"),
                       reference_->gather(halves, nullptr, indices, to, "t"), dtype.name());
    }
  }
  const Tensor x = filled(kFloat32, {256, 7}, 1, Fill::kModerate);
  for (const DType dtype : {kUInt8, kInt16, kInt4}) {
    for (const int64_t axis : {-1, 0, 1}) {
      const QParams q = varied_qparams(dtype, x.shape, axis);
      const Tensor codes = torch_->encode(x, all_rows(x), q);
      for (const DType to : {kFloat32, kFloat64})
        expect_same_bits(torch_->gather(codes, &q, indices, to, "t"),
                         reference_->gather(codes, &q, indices, to, "t"), dtype.name());
    }
  }
}

TEST_F(DevicesAgree, OnRangesToTheBit) {
  for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{70000}, Shape{7, 5, 3}, Shape{300, 2}}) {
    for (const Fill fill : {Fill::kModerate, Fill::kEdges}) {
      const Tensor x = filled(kFloat32, shape, 2, fill);
      for (int64_t axis = -1; axis < static_cast<int64_t>(shape.size()); ++axis) {
        const auto count = axis < 0 ? size_t{1} : static_cast<size_t>(shape[static_cast<size_t>(axis)]);
        std::vector<float> low(count), high(count), low_too(count), high_too(count);
        const bool finite = torch_->range(x, axis, low, high);
        EXPECT_EQ(finite, reference_->range(x, axis, low_too, high_too)) << to_string(shape);
        EXPECT_EQ(std::memcmp(low.data(), low_too.data(), count * 4), 0) << to_string(shape) << axis;
        EXPECT_EQ(std::memcmp(high.data(), high_too.data(), count * 4), 0) << to_string(shape) << axis;
      }
    }
  }
}

TEST_F(DevicesAgree, OnHistograms) {
  const Tensor x = filled(kFloat32, {100003}, 3, Fill::kModerate);
  for (const float limit : {0.25f, 4.0f, 0x1p-100f, 0x1p100f}) {
    for (const size_t bins : {size_t{2}, size_t{512}, size_t{65536}}) {
      std::vector<uint64_t> torch(bins, 1), reference(bins, 1);
      torch_->histogram(x, limit, torch);
      reference_->histogram(x, limit, reference);
      EXPECT_EQ(torch, reference) << limit << ", " << bins;
    }
  }
  const Tensor channels = filled(kFloat32, {31, 7, 50}, 3, Fill::kModerate);
  for (int64_t axis = 0; axis < 3; ++axis) {
    const auto count = static_cast<size_t>(channels.shape[static_cast<size_t>(axis)]);
    std::vector<float> limits(count, 4);
    limits.back() = 0.5f;
    std::vector<uint64_t> torch(count * 64), reference(count * 64);
    torch_->channel_histograms(channels, axis, limits, torch);
    reference_->channel_histograms(channels, axis, limits, reference);
    EXPECT_EQ(torch, reference) << axis;
  }
}

}  // namespace
}  // namespace vernier::core
