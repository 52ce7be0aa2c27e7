// Yesterday's binaries: found, loaded, and working as they did.
#include <gtest/gtest.h>

#include <filesystem>

#include "calibration/observer.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"
#include "plugin/plugin_hub.h"
#include "support/expect_error.h"
#include "verify/executed_file.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/plugins.h"

namespace vernier::core {
namespace {

TEST(Legacy, TheObserverOfAbiOneZeroStillObserves) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the binary is of x86-64";
#endif
  const Candidate found =
      look_at_plugin(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/abi/legacy/observer_v1_0.so");
  ASSERT_EQ(found.reason, "");
  ASSERT_EQ(found.manifest->id, "org.example.my_observer");
  EXPECT_EQ(found.manifest->abi_major, 1u);
  EXPECT_EQ(found.manifest->abi_minor, 0u);

  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  HostServices services(pool);
  services.use_device(device.get());
  const Library& library =
      Plugins::of_process().load({*found.manifest, found.file, found.sha256, found.image}, &services);
  Spec spec;
  spec.observer = "last";
  spec.dtype = kUInt8;
  spec.scheme = Scheme::kAsymmetric;
  spec.granularity = Granularity::kTensor;
  const LoadedObserver loaded = {
      static_cast<const vernier_observer*>(library.component(VERNIER_OBSERVER, "last")),
      library.host(),
      found.manifest->id,
      false,
      false,
      {},
      {},
      found.manifest->abi_minor};
  Spec blocks = spec;
  blocks.granularity = Granularity::kBlock;
  blocks.block_size = 4;
  test::expect_error(ErrorKind::kPlugin, "observer last was built for ABI 1.0 and knows no blocks", [&] {
    Observer(services, loaded, blocks, {2, 4}, "m/site");
  });
  Observer observer(services, loaded, spec, {2}, "m/site");
  for (float high : {100.0f, 255.0f}) {
    Tensor batch = Tensor::allocate(kFloat32, {2});
    batch.mutable_as<float>()[0] = 0;
    batch.mutable_as<float>()[1] = high;
    observer.collect(batch);
  }
  const QParams qparams = observer.qparams();
  EXPECT_EQ(qparams.scale, std::vector<float>{1.0f});
  EXPECT_EQ(qparams.zero_point, std::vector<int32_t>{0});
}

// vernier_tensor grew in 1.2; an older executor steps through its inputs in the old stride.
TEST(Legacy, TheExecutorOfAbiOneOneStillAddsItsTwoInputs) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the binary is of x86-64";
#endif
  const std::filesystem::path file =
      std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/abi/legacy/executor_v1_1.so";
  const Candidate found = look_at_plugin(file);
  ASSERT_EQ(found.reason, "");
  EXPECT_EQ(found.manifest->abi_minor, 1u);
  ThreadPool pool(1);
  HostServices services(pool);
  const Catalog catalog({{*found.manifest, found.file, found.sha256, found.image}});
  PluginHub hub(services, catalog);
  const LoadedExecutor loaded = hub.executor("adder");
  EXPECT_EQ(loaded.abi_minor, 1u);
  ExecutedFile executed(services, loaded, "{}", file);
  Tensor a = Tensor::allocate(kFloat32, {2}), b = Tensor::allocate(kFloat32, {2});
  a.mutable_as<float>()[0] = 1, a.mutable_as<float>()[1] = 2;
  b.mutable_as<float>()[0] = 10, b.mutable_as<float>()[1] = 20;
  const RunResults results = executed.run({a, b}, false);
  const FileTensor& sum = results.output(0);
  EXPECT_EQ(sum.data.as<float>()[0], 11.0f);
  EXPECT_EQ(sum.data.as<float>()[1], 22.0f);
}

}  // namespace
}  // namespace vernier::core
