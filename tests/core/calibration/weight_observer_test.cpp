// Weights that are shown to their observers in pieces: the qparams are those of the whole, and what is shown
// at once has a limit.
#include "calibration/weight_observer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "abi/host_services.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

// What the observers of a test saw; they have no other way to say it.
struct Log {
  std::mutex mutex;
  size_t instances = 0;
  std::vector<Shape> shapes;
  int64_t largest = 0;
  float float_above = std::numeric_limits<float>::infinity();  // a channel that reaches it stays float
  float damaged_at = std::numeric_limits<float>::infinity();   // one with this greatest value has scale 0
} seen;

// Greatest |x| of each channel as its scale.
struct Greatest {
  vernier_spec spec;
  std::vector<float> greatest;
};

vernier_status create(const vernier_host*, const vernier_spec* spec, vernier_string, void** instance) {
  *instance = new Greatest{*spec, {}};
  const std::lock_guard lock(seen.mutex);
  ++seen.instances;
  return VERNIER_OK;
}
void destroy(void* instance) { delete static_cast<Greatest*>(instance); }
vernier_status reset(void* instance) {
  auto& self = *static_cast<Greatest*>(instance);
  self.greatest.assign(self.spec.count, 0);
  return VERNIER_OK;
}
vernier_status collect(void* instance, const vernier_tensor* x) {
  auto& self = *static_cast<Greatest*>(instance);
  const Shape shape(x->shape, x->shape + x->rank);
  int64_t inner = 1;
  for (size_t i = static_cast<size_t>(self.spec.axis + 1); self.spec.axis >= 0 && i < shape.size(); ++i)
    inner *= shape[i];
  for (int64_t i = 0; i < element_count(shape); ++i) {
    const float value = std::fabs(static_cast<const float*>(x->data)[i]);
    const auto channel = self.spec.axis < 0 ? 0 : static_cast<uint64_t>(i / inner) % self.spec.count;
    self.greatest[channel] = std::max(self.greatest[channel], value);
  }
  const std::lock_guard lock(seen.mutex);
  seen.shapes.push_back(shape);
  seen.largest = std::max(seen.largest, element_count(shape));
  return VERNIER_OK;
}
vernier_status qparams(void* instance, vernier_qparams* result) {
  const auto& self = *static_cast<Greatest*>(instance);
  for (size_t i = 0; i < self.greatest.size(); ++i) {
    result->scale[i] = self.greatest[i] == seen.damaged_at ? 0 : self.greatest[i];
    if (self.greatest[i] >= seen.float_above) result->kind = VERNIER_QPARAMS_FLOAT;
  }
  return VERNIER_OK;
}
constexpr vernier_observer kGreatest = {VERNIER_SIZE_UP_TO(vernier_observer, qparams),
                                        &create,
                                        &destroy,
                                        &reset,
                                        &collect,
                                        &qparams,
                                        nullptr,
                                        nullptr};

const WeightName kName{"m.weight", "m/weight", "look at it"};

class WeightObserverTest : public ::testing::Test {
 protected:
  static constexpr int64_t kPiece = 8;

  WeightObserverTest() { services_.use_device(device_.get()); }
  QParams observe(const Tensor& values, std::optional<int64_t> axis, bool pieces, bool channels) {
    seen.instances = 0;
    seen.shapes.clear();
    seen.largest = 0;
    return WeightObserver(services_, kPiece).observe(loaded(pieces, channels), spec(axis), values, kName);
  }
  static LoadedObserver loaded(bool pieces, bool channels) {
    return {&kGreatest, nullptr, "org.example.greatest", pieces, channels};
  }
  static Spec spec(std::optional<int64_t> axis) {
    Spec spec;
    spec.observer = "greatest";
    spec.dtype = kUInt8;
    spec.scheme = Scheme::kAsymmetric;
    spec.granularity = axis ? Granularity::kChannel : Granularity::kTensor;
    spec.axis = axis.value_or(-1);
    return spec;
  }
  // 1, -2, 3, … and their bfloat16, which holds them exactly.
  static Tensor counting(const Shape& shape, DType dtype) {
    Tensor x = Tensor::allocate(dtype, shape);
    for (int64_t i = 0; i < x.elements(); ++i) {
      const auto value = static_cast<float>(i % 2 == 0 ? i + 1 : -i - 1);
      uint32_t bits = 0;
      std::memcpy(&bits, &value, 4);
      if (dtype == kFloat32)
        x.mutable_as<float>()[i] = value;
      else
        x.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(bits >> 16);
    }
    return x;
  }

  std::unique_ptr<ThreadPool> pool_ = std::make_unique<ThreadPool>(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
  HostServices services_{*pool_};
};

TEST_F(WeightObserverTest, PiecesGiveTheQParamsOfTheWhole) {
  constexpr std::nullopt_t kTensor = std::nullopt;
  const struct {
    const char* what;
    Shape shape;
    std::optional<int64_t> axis;
    bool pieces, channels;
    int64_t largest;  // elements that an observer sees at once
    size_t instances;
  } rows[] = {
      {"a small one is whole", {2, 4}, kTensor, true, true, 8, 1},
      {"runs of elements", {5, 5}, kTensor, true, false, 8, 1},
      {"one axis", {25}, kTensor, true, false, 8, 1},
      {"one row", {1, 25}, kTensor, true, false, 8, 1},
      {"not without the promise", {5, 5}, kTensor, false, true, 25, 1},
      {"two channels at a time, the last alone", {5, 4}, 0, false, true, 8, 3},
      {"likewise, of three axes", {5, 2, 2}, 0, false, true, 8, 3},
      {"a channel an element", {20}, 0, false, true, 8, 3},
      {"a channel longer than a piece, whole", {3, 10}, 0, false, true, 10, 3},
      {"likewise, in pieces", {3, 10}, 0, true, true, 8, 3},
      {"not without the promise", {5, 4}, 0, true, false, 20, 1},
      {"axis 1, some rows at a time", {5, 4}, 1, true, false, 8, 1},
      {"the last axis", {5, 4}, -1, true, false, 8, 1},
      {"a row longer than a piece", {3, 10}, 1, true, false, 10, 1},
      {"not without the promise", {5, 4}, 1, false, true, 20, 1},
      {"nothing to promise with one channel", {1, 20}, 0, true, true, 8, 1},
  };
  for (const DType dtype : {kFloat32, kBFloat16}) {
    for (const auto& row : rows) {
      const std::string what = row.what + std::string(", ") + dtype.name() + to_string(row.shape);
      const Tensor values = counting(row.shape, dtype);
      const QParams whole = observe(values, row.axis, false, false);
      EXPECT_EQ(seen.largest, values.elements()) << what;
      const QParams found = observe(values, row.axis, row.pieces, row.channels);
      EXPECT_EQ(found, whole) << what;
      EXPECT_EQ(found.scheme, whole.scheme) << what;
      EXPECT_EQ(seen.largest, row.largest) << what;
      EXPECT_EQ(seen.instances, row.instances) << what;
      const uint64_t bytes =
          WeightObserver::float_bytes(loaded(row.pieces, row.channels), spec(row.axis), values, kPiece);
      EXPECT_EQ(bytes, dtype == kFloat32 ? 0 : 4 * static_cast<uint64_t>(std::max(row.largest, kPiece)))
          << what;
    }
  }
}

TEST_F(WeightObserverTest, PiecesHaveTheShapesThatTheManifestSchemaNames) {
  (void)observe(counting({2, 3, 2}, kBFloat16), {}, true, true);
  EXPECT_THAT(seen.shapes, ElementsAre(Shape{8}, Shape{4}));
  (void)observe(counting({3, 2, 2}, kBFloat16), 0, true, true);
  EXPECT_THAT(seen.shapes, ElementsAre(Shape{2, 2, 2}, Shape{1, 2, 2}));
  (void)observe(counting({3, 2, 2}, kBFloat16), 2, true, true);
  EXPECT_THAT(seen.shapes, ElementsAre(Shape{2, 2, 2}, Shape{1, 2, 2}));
}

TEST_F(WeightObserverTest, AnElementThatIsNotFiniteIsFoundInEachPiece) {
  for (const int64_t place : {0, 7, 8, 17, 19}) {
    for (const uint16_t bits : {0x7FC0, 0x7F80, 0xFF80}) {  // NaN, infinity, -infinity
      Tensor x = counting({5, 4}, kBFloat16);
      x.mutable_as<uint16_t>()[place] = bits;
      for (const std::optional<int64_t> axis : {std::optional<int64_t>(), std::optional<int64_t>(0)})
        test::expect_error(ErrorKind::kData, "tensor m.weight holds NaN or Inf",
                           [&] { (void)observe(x, axis, true, true); });
      test::expect_error(ErrorKind::kData, "tensor m.weight holds NaN or Inf",
                         [&] { WeightObserver(services_, kPiece).require_finite(x, kName); });
    }
  }
  EXPECT_NO_THROW(WeightObserver(services_, kPiece).require_finite(counting({5, 4}, kBFloat16), kName));
}

TEST_F(WeightObserverTest, AMessageNamesTheChannelOfTheWholeWeight) {
  seen.damaged_at = 16;  // the greatest of channel 3
  test::expect_error(ErrorKind::kPlugin, "site m/weight, channel 3", [&] {
    (void)observe(counting({5, 4}, kFloat32), 0, true, true);
  });
  seen.damaged_at = std::numeric_limits<float>::infinity();
}

TEST_F(WeightObserverTest, AllChannelsStayFloatOrNone) {
  seen.float_above = 0;
  EXPECT_TRUE(observe(counting({5, 4}, kFloat32), 0, true, true).is_float);
  seen.float_above = 10;
  test::expect_error(ErrorKind::kPlugin, "leaves some of them in float", [&] {
    (void)observe(counting({5, 4}, kFloat32), 0, true, true);
  });
  seen.float_above = std::numeric_limits<float>::infinity();
}

TEST_F(WeightObserverTest, AStopIsSeenBetweenTwoPieces) {
  RunControl control;
  HostServices services(*pool_, control);
  services.use_device(device_.get());
  control.request_stop();
  try {
    WeightObserver(services, kPiece).require_finite(counting({5, 4}, kFloat32), kName);
    FAIL() << "the stop was not seen";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_stop()) << error.format();
  }
}

}  // namespace
}  // namespace vernier::core
