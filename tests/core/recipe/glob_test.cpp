#include "recipe/glob.h"

#include <gtest/gtest.h>

#include <chrono>

namespace vernier::core {
namespace {

TEST(Glob, MatchesSegments) {
  const struct {
    const char* pattern;
    const char* path;
    bool is_match;
  } rows[] = {
      {"act_in", "act_in", true},
      {"act_in", "act_out", false},
      {"act_*", "act_in", true},
      {"act_*", "act_", true},
      {"act_*", "a/act_in", false},
      {"*", "a", true},
      {"*", "a/b", false},
      {"*", "a.b", false},
      {"**", "a.b/c", true},
      {"**/act_*", "act_in", true},
      {"**/act_*", "model.a.b/act_in", true},
      {"**/act_*", "model.a.b/weight", false},
      {"a/**/d", "a.d", true},
      {"a/**/d", "a.b.c/d", true},
      {"a/**/d", "a.b.c/e", false},
      {"a.**", "a", true},  // none too
      {"a.**", "ab.c", false},
      {"embedding_projection/weight", "embedding_projection/weight", true},
      {"embedding_projection.weight", "embedding_projection/weight", true},  // the separators mean the same
      {"embedding_projection/weight", "model.embedding_projection/weight", false},
      {"layers.?.mlp/**", "layers.3.mlp/act_in", true},
      {"layers.?.mlp/**", "layers.31.mlp/act_in", false},
      {"layers.1?.mlp/**", "layers.31.mlp/act_in", false},
      {"l*s.*.mlp/*", "layers.31.mlp/act_in", true},
      {"**/b/**/d/**", "a.b.b.c.d/d", true},
      {"*a*b", "xaybzb", true},
      {"*a*b", "xaybz", false},
      {"", "", true},
      {"", "a", false},
      {"**", "", true},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Glob(row.pattern).matches(row.path), row.is_match) << row.pattern << " ~ " << row.path;
}

TEST(Glob, IsNeverExponential) {
  std::string pattern, segments;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  for (int i = 0; i < 500; ++i) segments += "**/a/";
  const std::string text(4000, 'a');
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "a/";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Glob(pattern + "b").matches(text));
  EXPECT_FALSE(Glob(segments + "b").matches(path));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace vernier::core
