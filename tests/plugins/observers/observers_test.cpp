// The bundled observers, loaded as the host loads them, against qparams computed by TICO 0.3.0 from the same tensors.
#include <gtest/gtest.h>

#include <filesystem>

#include "calibration/observer.h"
#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"

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
  LoadedObserver load(const std::string& name) {
    const Candidate found = look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "lib/vernier/plugins" / (name + ".so"));
    const CatalogPlugin plugin{found.manifest.value(), found.file, found.sha256};
    const vernier_host* host = services_.table_for(plugin.manifest.id);
    library_ = std::make_unique<Library>(plugin, host);
    return {static_cast<const vernier_observer*>(library_->component(VERNIER_OBSERVER, name)), host, plugin.manifest.id};
  }
  static Tensor batch(const std::vector<float>& values) {
    Tensor tensor = Tensor::allocate(kFloat32, {2, 3});
    std::copy(values.begin(), values.end(), tensor.mutable_as<float>());
    return tensor;
  }
  Spec spec() const {
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
  HostServices services_{pool_};
  std::unique_ptr<Library> library_;
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
    EXPECT_NE(error.format().find("nothing was collected"), std::string::npos) << error.format();
    EXPECT_NE(error.format().find("site m/site"), std::string::npos) << error.format();
  }
}

const auto kAsymmetric = Scheme::kAsymmetric;
INSTANTIATE_TEST_SUITE_P(
    Table, BundledObserver,
    testing::Values(Case{"MinMaxUint8", "minmax", "{}", kUInt8, kAsymmetric, -1, {0.06862745434045792f}, {95}},
                    Case{"MinMaxInt16", "minmax", "{}", kInt16, Scheme::kSymmetric, -1, {0.00033570360392332077f}, {0}},
                    Case{"MinMaxUint4Rows", "minmax", "{}", kUInt4, kAsymmetric, 0, {0.5f, 1.1666666269302368f}, {8, 6}},
                    Case{"MinMaxUint8Columns", "minmax", "{}", kUInt8, kAsymmetric, 1, {0.05882352963089943f, 0.061764705926179886f, 0.03921568766236305f}, {68, 105, 76}},
                    Case{"EmaDefault", "ema", "{}", kUInt8, kAsymmetric, -1, {0.040127452462911606f}, {66}},
                    Case{"EmaFast", "ema", R"({"momentum": 0.3})", kUInt8, kAsymmetric, -1, {0.06212744861841202f}, {90}},
                    Case{"EmaUint4Rows", "ema", "{}", kUInt4, kAsymmetric, 0, {0.3343333303928375f, 0.5951666235923767f}, {6, 2}}),
    [](const auto& one) { return one.param.name; });

class Identity : public BundledObserver {};

TEST_P(Identity, LeavesTheSiteInFloatWithoutLooking) {
  Observer observer(services_, load("identity"), spec(), {2, 3}, "m/site");
  EXPECT_TRUE(observer.qparams().is_float);
}

INSTANTIATE_TEST_SUITE_P(Table, Identity, testing::Values(Case{"Uint8", "identity", "{}", kUInt8, kAsymmetric, -1, {}, {}}), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core
