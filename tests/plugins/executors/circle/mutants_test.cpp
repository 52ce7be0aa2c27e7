// Damaged files: each is an Error or a result, never a crash, a hang or a flood of memory.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "plugins/executors/circle/case_file.h"
#include "plugins/executors/circle/executor_fixture.h"

namespace vernier::test {
namespace {

// One change, sometimes two: a bit, a byte, a 32-bit word of the kind that breaks readers, a moved block, a
// lost end.
std::string mutant(std::string bytes, std::mt19937& random) {
  static constexpr uint32_t kWords[] = {0,          1,          2,          0x7f,       0x80,
                                        0xff,       0x7fff,     0x10000,    0x100000,   0x3fffffff,
                                        0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffe, 0xffffffff};
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (size_t changes = 1 + below(4) / 3; changes > 0 && bytes.size() > 16; --changes) {
    const size_t at = below(bytes.size() - 8);
    switch (below(12)) {
      case 0:
        bytes.resize(at + 4);
        break;
      case 1:
        std::memmove(bytes.data() + at, bytes.data() + below(bytes.size() - 8), 8);
        break;
      case 2:
      case 3:
      case 4:
        bytes[at] = static_cast<char>(random());
        break;
      case 5:
      case 6:
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        break;
      case 7:
        bytes[at] = static_cast<char>(bytes[at] + 1);
        break;
      default:
        std::memcpy(bytes.data() + at / 4 * 4, &kWords[below(std::size(kWords))], 4);
        break;
    }
  }
  return bytes;
}

TEST(CircleExecutorMutants, TenThousandSurvive) {
  constexpr size_t kMutants = 10000;
  CircleExecutor executor;
  std::vector<std::string> bases;
  for (size_t i = 0; i < circle_cases().size(); ++i) {
    std::string bytes = circle_file(circle_cases()[i]).bytes(i % 3 == 0);
    if (bytes.size() < 6000) bases.push_back(std::move(bytes));
  }
  ASSERT_GT(bases.size(), 200u);
  for (const std::string& base : bases)
    EXPECT_TRUE(executor.survives(base)) << "base " << &base - bases.data();
  std::mt19937 random(7);
  size_t ran = 0;
  for (size_t i = 0; i < kMutants; ++i) {
    if (executor.survives(mutant(bases[i % bases.size()], random))) ++ran;
  }
  // Some must be refused and some must run, or the changes hit nothing, or nothing deep.
  EXPECT_GT(ran, kMutants / 20);
  EXPECT_LT(ran, kMutants - kMutants / 20);
}

}  // namespace
}  // namespace vernier::test
