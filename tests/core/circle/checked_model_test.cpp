#include "circle/check/checked_model.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

// A file that is warned of without end can be wrong as well.
TEST(CheckedModel, WarningsDoNotKeepErrorsOut) {
  CheckedModel model;
  for (int i = 0; i < 1500; ++i) model.warning("duplicate-name", "a tensor", "again");
  for (int i = 0; i < 1200; ++i) model.error("profile-npu", "an operator", "is float");
  EXPECT_EQ(model.findings.size(), 2 * kMaximumFindings);
  EXPECT_EQ(model.errors, 1200u);
  EXPECT_EQ(model.warnings, 1500u);
}

}  // namespace
}  // namespace vernier::core
