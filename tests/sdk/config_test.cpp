// vernier::Config: what a child is given, as text.
#include <gtest/gtest.h>

#include "vernier/config.h"

namespace vernier {
namespace {

TEST(Config, WritesEachKindOfValue) {
  const Config config = {{"a", 3}, {"b", true}, {"c", 0.5}, {"d", "x\"y\\"}, {"e", Options("{\"f\": 1}")}};
  EXPECT_EQ(config.json(), R"({"a":3,"b":true,"c":0.5,"d":"x\"y\\","e":{"f": 1}})");
  EXPECT_EQ(Config(Options("{\"f\": 1}")).json(), "{\"f\": 1}") << "as it is";
}

TEST(Config, AddsKeysToADocument) {
  struct Row {
    const char *document, *expected;
  };
  for (const Row& row : {Row{"{}", R"({"k":1})"}, Row{" { } \n", R"({"k":1})"},
                         Row{R"({"a": {"b": 2} } )", R"({"a": {"b": 2},"k":1})"},
                         Row{R"({"k": 0})", R"({"k": 0,"k":1})"}})  // of equal keys the last one counts
    EXPECT_EQ(Config(Options(row.document), {{"k", 1}}).json(), row.expected) << row.document;
}

TEST(Config, AddsNothingToWhatIsNoObject) {
  for (const char* document : {"", "  ", "3", "[1]", "{", "}"}) {
    try {
      (void)Config(Options(document), {{"k", 1}});
      ADD_FAILURE() << document;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "keys are added to a config that is no object") << document;
    }
  }
}

}  // namespace
}  // namespace vernier
