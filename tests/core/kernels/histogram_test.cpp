#include "kernels/histogram.h"

#include <gtest/gtest.h>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"

namespace vernier::core {
namespace {

// By the definition, an element at a time and in double: the quotient by a power of two is exact, so only the
// sum rounds, to float32.
std::vector<uint64_t> plain_counts(const std::vector<float>& x, float limit, int64_t bins) {
  std::vector<uint64_t> counts(static_cast<size_t>(bins));
  for (float value : x) {
    const auto place =
        static_cast<float>(static_cast<double>(value) / (2.0 * limit / static_cast<double>(bins)) +
                           static_cast<double>(bins) / 2);
    const double bin = place < 0                           ? 0
                       : place >= static_cast<float>(bins) ? static_cast<double>(bins - 1)
                                                           : std::floor(place);
    ++counts[static_cast<size_t>(bin)];
  }
  return counts;
}

TEST(Histogram, CountsEachElementOnceWhateverTheLengthAndTheThreads) {
  ThreadPool one(1), two(2), five(5);
  for_each_target([&] {
    for (int64_t n : {1, 3, 7, 8, 31, 511, 512, 513, 1027, 32 * 1024, 100003}) {
      const std::vector<float> x = random_floats(n, 5.0f, static_cast<uint32_t>(n));
      for (int64_t bins : {2, 64, 8192, 65536}) {
        for (float limit : {0.25f, 4.0f, 8.0f}) {  // below, within and above the elements
          const std::vector<uint64_t> expected = plain_counts(x, limit, bins);
          for (ThreadPool* pool : {&one, &two, &five}) {
            std::vector<uint64_t> counts(static_cast<size_t>(bins));
            add_to_histogram(x.data(), n, limit, counts.data(), bins, *pool);
            EXPECT_EQ(counts, expected)
                << n << " elements, " << bins << " bins to " << limit << ", threads " << pool->threads();
          }
        }
      }
    }
  });
}

TEST(Histogram, AnEdgeBelongsToTheBinAboveIt) {
  ThreadPool pool(1);
  for_each_target([&] {
    const std::vector<float> x = {-4.0f,  -3.5f, -2.0f, -0.0f,  0.0f,   1.999f, 2.0f,
                                  3.999f, 4.0f,  1e30f, -1e30f, 1e-30f, -1.0f,  -2.001f};
    std::vector<uint64_t> counts = {10, 0, 0, 0};  // are added to
    add_to_histogram(x.data(), static_cast<int64_t>(x.size()), 4.0f, counts.data(), 4, pool);
    EXPECT_EQ(counts, (std::vector<uint64_t>{10 + 4, 2, 4, 4}));
  });
}

}  // namespace
}  // namespace vernier::core
