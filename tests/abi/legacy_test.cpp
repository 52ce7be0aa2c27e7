// Yesterday's binaries: found, loaded, and working as they did.
#include <gtest/gtest.h>

#include <filesystem>

#include "calibration/observer.h"
#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"

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
  HostServices services(pool);
  const vernier_host* host = services.table_for(found.manifest->id);
  const Library library({*found.manifest, found.file, found.sha256, found.image}, host);
  Spec spec;
  spec.observer = "last";
  spec.dtype = kUInt8;
  spec.scheme = Scheme::kAsymmetric;
  spec.granularity = Granularity::kTensor;
  Observer observer(services,
                    {static_cast<const vernier_observer*>(library.component(VERNIER_OBSERVER, "last")), host,
                     found.manifest->id},
                    spec, {2}, "m/site");
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

}  // namespace
}  // namespace vernier::core
