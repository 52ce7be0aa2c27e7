// Each operator in each dtype, run from a real file, against codes that make_cases.py worked out with exact
// arithmetic.
#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "plugins/executors/circle/case_file.h"
#include "plugins/executors/circle/executor_fixture.h"

namespace vernier::test {
namespace {

class CircleOperator : public testing::TestWithParam<size_t> {};

void expect_exact(const core::FileTensor& result, const nlohmann::json& wanted) {
  EXPECT_EQ(result.shape, wanted.at("shape").get<core::Shape>());
  ASSERT_EQ(result.dtype, dtype_of(wanted));
  const std::string bytes = bytes_of(wanted);
  ASSERT_EQ(result.data.bytes(), bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(static_cast<int>(result.data.as<uint8_t>()[i]),
              static_cast<int>(static_cast<uint8_t>(bytes[i])))
        << "byte " << i << " of " << result.name;
  }
}

TEST_P(CircleOperator, GivesTheExactCodes) {
  static CircleExecutor executor;
  const nlohmann::json& one = circle_cases().at(GetParam());
  // The even ones with their constants behind the FlatBuffer.
  core::ExecutedFile file = executor.open_bytes(circle_file(one).bytes(GetParam() % 2 == 0));
  const core::RunResults results = file.run(inputs_of(one), false);
  for (size_t i = 0; i < one.at("outputs").size(); ++i) {
    EXPECT_EQ(results.output(i).name, "result" + std::to_string(i));
    expect_exact(results.output(i), one.at("outputs")[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, CircleOperator, testing::Range(size_t{0}, circle_cases().size()),
                         [](const auto& one) {
                           std::string name = circle_cases().at(one.param).at("name");
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace vernier::test
