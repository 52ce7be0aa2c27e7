#include "plugin/version_constraint.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

TEST(Version, IsOrdered) {
  const char* ascending[] = {"0.9",        "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                             "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                             "1.0.0",      "1.0.1",        "1.10",          "2"};
  for (size_t a = 0; a < std::size(ascending); ++a) {
    for (size_t b = 0; b < std::size(ascending); ++b) {
      const int order = compare(*Version::parse(ascending[a]), *Version::parse(ascending[b]));
      EXPECT_EQ(order < 0, a < b) << ascending[a] << " " << ascending[b];
      EXPECT_EQ(order == 0, a == b) << ascending[a] << " " << ascending[b];
    }
  }
  EXPECT_EQ(compare(*Version::parse("1.2.3+build.5"), *Version::parse("1.2.3")), 0);
}

TEST(Version, RefusesWhatIsNone) {
  for (const char* text : {"", "a", "1.", ".1", "1.2.3.4", "01.2", "1.x", "*", "1.2-rc", "1.2.3-",
                           "1.2.3-a..b", "1 2", "99999999999999999999"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
}

TEST(VersionConstraint, Allows) {
  const struct {
    const char* constraint;
    const char* version;
    bool is_allowed;
  } rows[] = {{"*", "0.0.1", true},         {">=1.0", "1.0.0", true},       {">=1.0", "0.9.9", false},
              {">= 1.0", "1.0.0", true},    {">=1.0", "1.0.0-rc.1", false}, {">=1.0 <2", "1.99.0", true},
              {">=1.0 <2", "2.0.0", false}, {">=1.0,<2", "1.5.0", true},    {">=1.0<2", "2.1.0", false},
              {"1.2.x", "1.2.9", true},     {"1.2.x", "1.3.0", false},      {"1.2.*", "1.1.9", false},
              {"1.2", "1.2.5", true},       {"1.2", "1.3.0", false},        {"1", "1.9.9", true},
              {"1", "2.0.0", false},        {"1.2.3", "1.2.3", true},       {"1.2.3", "1.2.4", false},
              {"=1.2.3", "1.2.3", true},    {"^1.2", "1.9.0", true},        {"^1.2", "1.1.9", false},
              {"^1.2", "2.0.0", false},     {"^1.2", "2.0.0-rc.1", false},  {"^0.2.3", "0.2.9", true},
              {"^0.2.3", "0.3.0", false},   {"^0.0.3", "0.0.4", false},     {"^0", "0.9.0", true},
              {"~1.2.3", "1.2.9", true},    {"~1.2.3", "1.3.0", false},     {"~1", "1.9.0", true},
              {">1.2", "1.2.9", false},     {">1.2", "1.3.0", true},        {">1.2.3", "1.2.4", true},
              {"<=1.2", "1.2.9", true},     {"<=1.2", "1.3.0", false},      {"<=1.2.3", "1.2.3", true},
              {"<1.2", "1.1.9", true}};
  for (const auto& row : rows) {
    const auto constraint = VersionConstraint::parse(row.constraint);
    ASSERT_TRUE(constraint) << row.constraint;
    EXPECT_EQ(constraint->allows(*Version::parse(row.version)), row.is_allowed)
        << row.constraint << " ~ " << row.version;
  }
}

TEST(VersionConstraint, RefusesWhatIsNone) {
  for (const char* text :
       {"", " ", "newest", ">=", ">=a", "==>1", "1.2.3.4", "> x", "^^1", "1.x.3", ">=1.0 or <2"}) {
    EXPECT_FALSE(VersionConstraint::parse(text)) << text;
  }
}

}  // namespace
}  // namespace vernier::core
