// Names in a manifest that stand for as many as a config says.
#include "plugin/entry_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugin/manifest.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using Names = std::vector<std::string>;

TEST(EntryNames, AreInNaturalOrder) {
  const std::pair<const char*, const char*> rows[] = {{"k_2", "k_10"},
                                                      {"k_09", "k_10"},
                                                      {"cos_full", "cos_sliding"},
                                                      {"k_1", "k_1_a"},
                                                      {"a2b3", "a2b10"},
                                                      {"k_", "k_0"},
                                                      {"k_99999999999999999998", "k_99999999999999999999"}};
  for (const auto& [first, second] : rows) {
    EXPECT_TRUE(is_before(first, second)) << first << " " << second;
    EXPECT_FALSE(is_before(second, first)) << first << " " << second;
    EXPECT_FALSE(is_before(first, first)) << first;
  }
  EXPECT_FALSE(is_before("k_01", "k_1"));
  EXPECT_FALSE(is_before("k_1", "k_01"));
}

TEST(EntryNames, FitWhatTheManifestLists) {
  const struct {
    Names listed, given;
    bool fits;
  } rows[] = {{{"x"}, {"x"}, true},
              {{"x", "y"}, {"y", "x"}, false},
              {{"x", "k_*"}, {"x"}, true},
              {{"x", "k_*"}, {"x", "k_0", "k_2", "k_10"}, true},
              {{"x", "k_*"}, {"x", "k_0", "k_10", "k_2"}, false},
              {{"x", "k_*"}, {"x", "k_0", "k_0"}, false},
              {{"x", "k_*"}, {"x", "k_"}, false},
              {{"x", "k_*"}, {"k_0"}, false},
              {{"x", "k_*", "v_*"}, {"x", "k_0", "k_1", "v_0", "v_1"}, true},
              {{"x", "k_*", "v_*"}, {"x", "k_0", "v_0", "k_1", "v_1"}, false},
              {{"k_*"}, {"k_0", "other"}, false},
              {{"k_*"}, {}, true}};
  for (const auto& row : rows) {
    EXPECT_EQ(fit_names(row.listed, row.given), row.fits)
        << ::testing::PrintToString(row.listed) << " " << ::testing::PrintToString(row.given);
  }
  EXPECT_TRUE(has_repeated(Names{"x", "k_*"}));
  EXPECT_FALSE(has_repeated(Names{"x"}));
}

TEST(EntryNames, OfWhichOneStandsForAnotherAreRefused) {
  const struct {
    Names inputs, outputs;
    std::string fault;  // empty: none
  } rows[] = {{{"x", "k_*", "v_*"}, {"h", "new_*"}, ""},
              {{"x", "k_*", "y"}, {}, "entry stack of wrapper W has the input \"y\" behind \"k_*\""},
              {{"*"}, {}, "has input \"*\""},
              {{"k_*_a"}, {}, "has the input \"k_*_a\""},
              {{"k_1", "k_*"}, {}, "has \"k_1\" and \"k_*\", which fit one name"},
              {{"k_*", "k_v_*"}, {}, "has \"k_*\" and \"k_v_*\", which fit one name"},
              {{"k_*"}, {"k_new"}, "has \"k_*\" and \"k_new\", which fit one name"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(::testing::PrintToString(row.inputs));
    const auto check = [&] { check_entry_names({"stack", row.inputs, row.outputs}, "W", "org.example"); };
    if (row.fault.empty())
      EXPECT_NO_THROW(check());
    else
      test::expect_error(ErrorKind::kPlugin, row.fault, check);
  }
}

}  // namespace
}  // namespace vernier::core
