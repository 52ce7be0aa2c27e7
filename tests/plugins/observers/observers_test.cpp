// The bundled observers, loaded as the host loads them, against qparams computed by TICO 0.3.0 from the same
// tensors.
#include <gtest/gtest.h>

#include <filesystem>

#include "calibration/observer.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/plugins.h"

namespace vernier::core {
namespace {

struct Case {
  const char* name;
  const char* observer;
  const char* options;
  DType dtype;
  Scheme scheme;
  int64_t axis;  // -1: per tensor
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
};

class BundledObserver : public testing::TestWithParam<Case> {
 protected:
  BundledObserver() { services_.use_device(device_.get()); }
  LoadedObserver load(const std::string& name) {
    const std::string file = name == "percentile" || name == "mse" ? "clipping" : name;
    const Candidate found =
        look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "lib/vernier/plugins" / (file + ".so"));
    const CatalogPlugin plugin{found.manifest.value(), found.file, found.sha256, found.image};
    const Library& library = Plugins::of_process().load(plugin, &services_);
    return {static_cast<const vernier_observer*>(library.component(VERNIER_OBSERVER, name)),
            library.host(),
            plugin.manifest.id,
            false,
            false,
            plugin.manifest.components.at(0).state,
            plugin.sha256};
  }
  static Tensor batch(const std::vector<float>& values) {
    Tensor tensor = Tensor::allocate(kFloat32, {2, 3});
    std::copy(values.begin(), values.end(), tensor.mutable_as<float>());
    return tensor;
  }
  [[nodiscard]] Spec spec() const {
    const Case& c = GetParam();
    Spec result;
    result.observer = c.observer;
    result.options = c.options;
    result.dtype = c.dtype;
    result.scheme = c.scheme;
    result.granularity = c.axis < 0 ? Granularity::kTensor : Granularity::kChannel;
    result.axis = c.axis;
    return result;
  }

  ThreadPool pool_{2};
  std::unique_ptr<Device> device_ = make_reference_device(pool_);
  HostServices services_{pool_};
};

TEST_P(BundledObserver, GivesTicosQparams) {
  Observer observer(services_, load(GetParam().observer), spec(), {2, 3}, "m/site");
  observer.collect(batch({1.0f, -2.0f, 3.5f, 0.25f, -0.5f, 7.0f}));
  observer.collect(batch({-4.0f, 0.5f, 2.0f, 1.5f, 9.25f, -3.0f}));
  observer.collect(batch({0.1f, 0.2f, 0.3f, 11.0f, -6.5f, 0.0f}));
  const QParams qparams = observer.qparams();
  EXPECT_EQ(qparams.scale, GetParam().scale);
  EXPECT_EQ(qparams.zero_point, GetParam().zero_point);
}

TEST_P(BundledObserver, SaysThatNothingWasCollected) {
  Observer observer(services_, load(GetParam().observer), spec(), {2, 3}, "m/site");
  try {
    observer.qparams();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_FAILED_PRECONDITION);
    EXPECT_NE(error.format().find("nothing was collected"), std::string::npos) << error.format();
    EXPECT_NE(error.format().find("site m/site"), std::string::npos) << error.format();
  }
}

// What is kept serves an observer of another dtype and scheme as if it had collected the tensors itself.
TEST_P(BundledObserver, GoesOnWhereAnotherWas) {
  const Tensor tensors[] = {batch({1.0f, -2.0f, 3.5f, 0.25f, -0.5f, 7.0f}),
                            batch({-4.0f, 0.5f, 2.0f, 1.5f, 9.25f, -3.0f}),
                            batch({0.1f, 0.2f, 0.3f, 11.0f, -6.5f, 0.0f})};
  Spec other = spec();
  other.dtype = kInt16;
  other.scheme = Scheme::kSymmetric;
  Observer first(services_, load(GetParam().observer), spec(), {2, 3}, "m/first");
  first.collect(tensors[0]);
  first.collect(tensors[1]);
  Observer second(services_, load(GetParam().observer), other, {2, 3}, "m/second");
  second.collect(batch({1000, 1000, 1000, 1000, 1000, 1000}));  // forgotten
  second.load(first.save());
  second.collect(tensors[2]);
  Observer alone(services_, load(GetParam().observer), other, {2, 3}, "m/alone");
  for (const Tensor& tensor : tensors) alone.collect(tensor);
  EXPECT_EQ(second.qparams(), alone.qparams());
  EXPECT_EQ(second.save(), alone.save());
}

TEST_P(BundledObserver, RefusesBytesThatAreNoState) {
  Observer observer(services_, load(GetParam().observer), spec(), {2, 3}, "m/site");
  const auto refuses = [&](vernier_status status, const auto& body) {
    try {
      body();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), status) << error.format();
    }
  };
  refuses(VERNIER_FAILED_PRECONDITION, [&] { (void)observer.save(); });
  observer.collect(batch({1.0f, -2.0f, 3.5f, 0.25f, -0.5f, 7.0f}));
  const std::string state = observer.save();
  const QParams qparams = observer.qparams();
  for (const std::string& bytes : {std::string(), state.substr(0, 5), state + "x"})
    refuses(VERNIER_DATA_LOSS, [&] { observer.load(bytes); });
  EXPECT_EQ(observer.qparams(), qparams) << "a refused state changes nothing";
}

class MovingAverage : public BundledObserver {};

TEST_F(MovingAverage, GoesOnOnlyWithItsMomentum) {
  Spec wanted;
  wanted.observer = "ema";
  wanted.dtype = kUInt8;
  wanted.scheme = Scheme::kAsymmetric;
  wanted.granularity = Granularity::kTensor;
  Observer fast(services_, load("ema"), wanted, {2, 3}, "m/site");
  fast.collect(batch({1.0f, -2.0f, 3.5f, 0.25f, -0.5f, 7.0f}));
  wanted.options = R"({"momentum": 0.5})";
  Observer slow(services_, load("ema"), wanted, {2, 3}, "m/site");
  try {
    slow.load(fast.save());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_FAILED_PRECONDITION);
    EXPECT_NE(error.format().find("collected with another momentum"), std::string::npos) << error.format();
  }
}

class FewerBits : public BundledObserver {};

TEST_F(FewerBits, ThanTheTypeHas) {
  Spec wanted;
  wanted.observer = "minmax";
  wanted.options = R"({"bits": 5})";
  wanted.dtype = kUInt4;
  wanted.scheme = Scheme::kAsymmetric;
  wanted.granularity = Granularity::kTensor;
  try {
    const Observer observer(services_, load("minmax"), wanted, {2, 3}, "m/site");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_INVALID_ARGUMENT);
    EXPECT_NE(error.format().find("bits is 5; uint4 has 4"), std::string::npos) << error.format();
  }
}

const auto kAsymmetric = Scheme::kAsymmetric;
INSTANTIATE_TEST_SUITE_P(
    Table, BundledObserver,
    testing::Values(
        Case{"MinMaxUint8", "minmax", "{}", kUInt8, kAsymmetric, -1, {0.06862745434045792f}, {95}},
        Case{"MinMaxInt16", "minmax", "{}", kInt16, Scheme::kSymmetric, -1, {0.00033570360392332077f}, {0}},
        Case{"MinMaxUint4Rows", "minmax", "{}", kUInt4, kAsymmetric, 0, {0.5f, 1.1666666269302368f}, {8, 6}},
        Case{"MinMaxThreeBitRows",
             "minmax",
             R"({"bits": 3})",
             kUInt4,
             kAsymmetric,
             0,
             {7.5f / 7, 17.5f / 7},
             {4, 3}},
        Case{"MinMaxUint8Columns",
             "minmax",
             "{}",
             kUInt8,
             kAsymmetric,
             1,
             {0.05882352963089943f, 0.061764705926179886f, 0.03921568766236305f},
             {68, 105, 76}},
        Case{"EmaDefault", "ema", "{}", kUInt8, kAsymmetric, -1, {0.040127452462911606f}, {66}},
        Case{"EmaFast", "ema", R"({"momentum": 0.3})", kUInt8, kAsymmetric, -1, {0.06212744861841202f}, {90}},
        Case{"EmaUint4Rows",
             "ema",
             "{}",
             kUInt4,
             kAsymmetric,
             0,
             {0.3343333303928375f, 0.5951666235923767f},
             {6, 2}}),
    [](const auto& one) { return one.param.name; });

class Clipping : public BundledObserver {};

// 1000 elements, from which the expected ranges follow by counting: -1 (10 times), 0 (980 times), 2 (9
// times), 100 (once). Each is the lower edge of a bin, so a percentile ends one bin above it: 2 + 128 / 4096.
TEST_P(Clipping, GivesUpTheFarElement) {
  Observer observer(services_, load(GetParam().observer), spec(), {10, 100}, "m/site");
  Tensor tensor = Tensor::allocate(kFloat32, {10, 100});
  float* x = tensor.mutable_as<float>();
  std::fill_n(x, 1000, 0.0f);
  std::fill_n(x, 10, -1.0f);
  std::fill_n(x + 500, 9, 2.0f);
  x[999] = 100.0f;
  observer.collect(tensor);
  const QParams qparams = observer.qparams();
  ASSERT_EQ(qparams.scale.size(), 1u);
  EXPECT_NEAR(qparams.scale[0], GetParam().scale[0], GetParam().scale[0] * 1e-6f);
  EXPECT_EQ(qparams.zero_point, GetParam().zero_point);
}

TEST_P(Clipping, CannotServeAChannelAxis) {
  Spec wanted = spec();
  wanted.granularity = Granularity::kChannel;
  wanted.axis = 0;
  try {
    const Observer observer(services_, load(GetParam().observer), wanted, {10, 100}, "m/site");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_UNIMPLEMENTED);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Clipping,
                         testing::Values(Case{"PercentileKeepsAll",
                                              "percentile",
                                              R"({"percentile": 100})",
                                              kUInt8,
                                              kAsymmetric,
                                              -1,
                                              {101.0f / 255},
                                              {3}},
                                         Case{"PercentileCutsOne",
                                              "percentile",
                                              R"({"percentile": 99.9})",
                                              kUInt8,
                                              kAsymmetric,
                                              -1,
                                              {3.03125f / 255},
                                              {84}},
                                         Case{"PercentileSymmetric",
                                              "percentile",
                                              R"({"percentile": 99.9})",
                                              kInt8,
                                              Scheme::kSymmetric,
                                              -1,
                                              {2.03125f / 127},
                                              {0}}),
                         [](const auto& one) { return one.param.name; });

// With 4 bits a step is coarse enough that the far element is not worth it: a grid search over the same
// definition in NumPy.
class Mse : public BundledObserver {};
TEST_P(Mse, ClipsWhereRoundingCostsMore) {
  Observer observer(services_, load("mse"), spec(), {100, 100}, "m/site");
  Tensor tensor = Tensor::allocate(kFloat32, {100, 100});
  for (int i = 0; i < 10000; ++i) tensor.mutable_as<float>()[i] = static_cast<float>(i % 100) / 100.0f;
  tensor.mutable_as<float>()[5] = 8.0f;
  observer.collect(tensor);
  // The step of the whole range costs 10000 * (8 / 15)^2 / 12 = 237 against (8 - h)^2 + 10000 * (h / 15)^2 /
  // 12 for a range [0, h]: its derivative is zero at h = 8 / (1 + 10000 / 2700) = 1.70; of the candidates
  // 0.08 k, 1.68 and 1.76 enclose it.
  EXPECT_NEAR(observer.qparams().scale[0] * 15, 1.68f, 1e-5f);
}
INSTANTIATE_TEST_SUITE_P(Table, Mse,
                         testing::Values(Case{"Uint4", "mse", "{}", kUInt4, kAsymmetric, -1, {}, {}}),
                         [](const auto& one) { return one.param.name; });

class Channels : public BundledObserver {};
TEST_P(Channels, AreRefusedByName) {
  try {
    Observer observer(services_, load(GetParam().observer), spec(), {2, 3}, "m/site");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.format().find("set the granularity to tensor"), std::string::npos) << error.format();
  }
}
INSTANTIATE_TEST_SUITE_P(
    Table, Channels,
    testing::Values(Case{"Percentile", "percentile", "{}", kUInt8, kAsymmetric, 0, {}, {}},
                    Case{"Mse", "mse", "{}", kUInt8, kAsymmetric, 1, {}, {}}),
    [](const auto& one) { return one.param.name; });

class Identity : public BundledObserver {};

TEST_P(Identity, LeavesTheSiteInFloatWithoutLooking) {
  Observer observer(services_, load("identity"), spec(), {2, 3}, "m/site");
  EXPECT_TRUE(observer.qparams().is_float);
}

INSTANTIATE_TEST_SUITE_P(Table, Identity,
                         testing::Values(Case{"Uint8", "identity", "{}", kUInt8, kAsymmetric, -1, {}, {}}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core
