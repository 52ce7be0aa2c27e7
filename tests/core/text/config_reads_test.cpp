// Reads are found by the text that a wrapper hands to vernier.json/1, as plugins of every ABI version do.
#include "text/config_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kRoot = R"({"eps":1e-6,"text":{"heads":2,"width":8},"vision":{"width":8}})";

bool has(const std::string& document, const char* pointer) {
  double number = 0;
  return json_interface()->number(nullptr, to_abi(document), to_abi(pointer), &number) == VERNIER_OK;
}

std::string dump(const std::string& document, const char* pointer) {
  vernier_string text{};
  EXPECT_EQ(json_interface()->dump(nullptr, to_abi(document), to_abi(pointer), &text), VERNIER_OK);
  return std::string(to_view(text));
}

TEST(ConfigReads, AreNotedInsideAScopeOnly) {
  ConfigReads reads(kRoot);
  has(kRoot, "/eps");
  EXPECT_FALSE(reads.is_read("/eps"));
  {
    const ConfigReads::Scope scope(reads);
    has(kRoot, "/eps");
  }
  EXPECT_TRUE(reads.is_read("/eps"));
  EXPECT_EQ(ConfigReads::current(), nullptr);
}

TEST(ConfigReads, AnAbsentKeyCounts) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  EXPECT_FALSE(has(kRoot, "/rms_norm_eps"));
  EXPECT_FALSE(has(kRoot, "/text/width/deeper"));
  EXPECT_THAT(reads.members(""), ElementsAre("rms_norm_eps", "text"));
}

TEST(ConfigReads, OfAPartCountForThePlaceThatItCameFrom) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  const std::string text = dump(kRoot, "/text");
  has(text, "/heads");
  EXPECT_TRUE(reads.is_read("/text/heads"));
  EXPECT_FALSE(reads.is_read_whole("/text/width")) << "the part was read key by key";
}

TEST(ConfigReads, OfAPartOfAPart) {
  const std::string root = R"({"a":{"b":{"c":1,"d":2}}})";
  ConfigReads reads(root);
  const ConfigReads::Scope scope(reads);
  const std::string outer = dump(root, "/a");
  const std::string inner = dump(outer, "/b");
  has(inner, "/c");
  EXPECT_TRUE(reads.is_read("/a/b/c"));
  EXPECT_FALSE(reads.is_read("/a/b/d"));
}

TEST(ConfigReads, ATextThatNobodyReadsThroughTheHostIsReadByItsOwner) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  dump(kRoot, "/text");
  EXPECT_TRUE(reads.is_read_whole("/text/width"));
  EXPECT_FALSE(reads.is_read_whole("/vision/width"));
}

TEST(ConfigReads, ATextThatBecomesAChildsConfigIsReadByTheChild) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  reads.is_document(dump(kRoot, "/text"));
  EXPECT_FALSE(reads.is_read_whole("/text/width"));
  EXPECT_TRUE(reads.is_read("/text"));
}

TEST(ConfigReads, TheWholeDocumentsTextCountsForEverything) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  dump(kRoot, "");
  EXPECT_TRUE(reads.is_read_whole("/vision/width"));
}

TEST(ConfigReads, EqualPartsCountForBothPlaces) {
  const std::string root = R"({"a":{"x":1},"b":{"x":1}})";
  ConfigReads reads(root);
  const ConfigReads::Scope scope(reads);
  has(dump(root, "/a"), "/x");
  EXPECT_TRUE(reads.is_read("/a/x"));
  EXPECT_FALSE(reads.is_read("/b/x")) << "nobody asked for /b";
  dump(root, "/b");
  has(dump(root, "/a"), "/x");
  EXPECT_TRUE(reads.is_read("/b/x"));
}

TEST(ConfigReads, OtherDocumentsDoNotMatter) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  has(R"({"momentum": 0.9})", "/momentum");
  EXPECT_THAT(reads.members(""), IsEmpty());
}

TEST(ConfigReads, WhatAManifestDeclaresCountsBelowTheDocumentOfItsModule) {
  ConfigReads reads(kRoot);
  const ConfigReads::Scope scope(reads);
  const std::string text = dump(kRoot, "/text");
  reads.is_document(text);
  reads.declare(text, "/width");
  EXPECT_TRUE(reads.is_read_whole("/text/width"));
  EXPECT_FALSE(reads.is_read_whole("/vision/width"));
  reads.declare(kRoot, "");
  EXPECT_TRUE(reads.is_read_whole("/vision/width"));
}

TEST(ConfigReads, APointerIsNoPrefixOfALongerName) {
  const std::string root = R"({"eps":{"a":1},"eps_max":2})";
  ConfigReads reads(root);
  const ConfigReads::Scope scope(reads);
  dump(root, "/eps");
  EXPECT_TRUE(reads.is_read_whole("/eps/a"));
  EXPECT_FALSE(reads.is_read_whole("/eps_max"));
  EXPECT_FALSE(reads.is_read_below("/eps"));
}

TEST(ConfigReads, AnotherProcessTakesThemUp) {
  ConfigReads there(kRoot), here(kRoot);
  {
    const ConfigReads::Scope scope(there);
    const std::string text = dump(kRoot, "/text");
    has(text, "/heads");
    dump(kRoot, "/vision");
    has(kRoot, "/absent");
  }
  here.restore(there.state());
  EXPECT_EQ(here.state(), there.state());
  EXPECT_THAT(here.members(""), ElementsAre("absent", "text", "vision"));
  EXPECT_TRUE(here.is_read("/text/heads"));
  EXPECT_FALSE(here.is_read_whole("/text/width"));
  EXPECT_TRUE(here.is_read_whole("/vision/width"));
  here.declare(R"({"heads":2,"width":8})", "/width");
  EXPECT_TRUE(here.is_read_whole("/text/width")) << "it knows where the part came from";
}

TEST(ConfigReads, OfAnotherFormAreRefused) {
  for (const char* state :
       {"", "{", "[]", "{}", R"({"places": 1, "read": [], "declared": [], "dumps": [], "documents": []})",
        R"({"places": {}, "read": [1], "declared": [], "dumps": [], "documents": []})",
        R"({"places": {}, "read": [], "declared": [], "dumps": [["a"]], "documents": []})"}) {
    ConfigReads reads(kRoot);
    const std::string before = reads.state();
    test::expect_error(ErrorKind::kPlugin, "what the wrappers read of their configs is damaged",
                       [&] { reads.restore(state); });
    EXPECT_EQ(reads.state(), before) << state;
  }
}

TEST(ConfigReads, ScopesNest) {
  ConfigReads outer(kRoot), inner(kRoot);
  const ConfigReads::Scope first(outer);
  {
    const ConfigReads::Scope second(inner);
    has(kRoot, "/eps");
  }
  EXPECT_EQ(ConfigReads::current(), &outer);
  EXPECT_TRUE(inner.is_read("/eps"));
  EXPECT_FALSE(outer.is_read("/eps"));
}

}  // namespace
}  // namespace vernier::core
