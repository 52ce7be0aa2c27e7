// The section reader on real libraries, cut short, damaged and mutated.
#include "plugin/section_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "plugin/manifest.h"

namespace vernier::core {
namespace {

using Bytes = std::vector<std::byte>;

Bytes read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in.good()) << file;
  const std::vector<char> text((std::istreambuf_iterator<char>(in)), {});
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

const Bytes& minmax() {
  static const Bytes bytes =
      read_file(std::filesystem::path(VERNIER_BINARY_DIR) / "lib/vernier/plugins/minmax.so");
  return bytes;
}

Bytes text_bytes(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// Where the manifest section lies in the file.
size_t section_offset(const Bytes& file) {
  const std::string_view all(reinterpret_cast<const char*>(file.data()), file.size());
  const size_t offset = all.find(VERNIER_MANIFEST_MAGIC);
  EXPECT_NE(offset, std::string_view::npos);
  return offset;
}

TEST(SectionReader, FindsTheManifestOfARealPlugin) {
  const ManifestBytes found = read_manifest_section(minmax());
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.header.abi_major, 1u);
  EXPECT_EQ(parse_manifest(found.json).id, "org.vernier.observer.minmax");
}

// fixtures/good is linked with --gc-sections.
TEST(SectionReader, FindsTheManifestAfterGarbageCollectionAndStrip) {
  const std::filesystem::path built = std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/good/good.so";
  const std::filesystem::path stripped =
      std::filesystem::temp_directory_path() / ("stripped." + std::to_string(::getpid()) + ".so");
  ASSERT_EQ(std::system(("strip --strip-all -o " + stripped.string() + " " + built.string()).c_str()), 0);
  const Bytes bytes = read_file(stripped), whole = read_file(built);
  EXPECT_LT(bytes.size(), whole.size());
  EXPECT_EQ(read_manifest_section(bytes).problem, "");
  EXPECT_EQ(read_manifest_section(bytes).json, read_manifest_section(whole).json);
  std::filesystem::remove(stripped);
}

struct Damage {
  const char* name;
  void (*apply)(Bytes&);
  const char* problem;
};

class SectionReaderDamage : public testing::TestWithParam<Damage> {};

TEST_P(SectionReaderDamage, IsNamed) {
  Bytes bytes = minmax();
  GetParam().apply(bytes);
  const ManifestBytes found = read_manifest_section(bytes);
  EXPECT_NE(found.problem.find(GetParam().problem), std::string::npos) << found.problem;
  EXPECT_TRUE(found.json.empty());
}

void set(Bytes& bytes, size_t offset, uint8_t value) { bytes.at(offset) = std::byte{value}; }

INSTANTIATE_TEST_SUITE_P(
    Table, SectionReaderDamage,
    testing::Values(
        Damage{"Empty", [](Bytes& b) { b.clear(); }, "an empty file"},
        Damage{"Text", [](Bytes& b) { b = text_bytes("#!/bin/sh\n"); }, "not an ELF file"},
        Damage{"MagicOnly", [](Bytes& b) { b.resize(4); }, "truncated"},
        Damage{"HalfAFile", [](Bytes& b) { b.resize(b.size() / 2); }, "truncated"},
        Damage{"LastByteGone", [](Bytes& b) { b.pop_back(); }, "truncated"},
        Damage{"ThirtyTwoBit", [](Bytes& b) { set(b, 4, 1); }, "not a 64-bit"},
        Damage{"BigEndian", [](Bytes& b) { set(b, 5, 2); }, "not a 64-bit"},
        Damage{"Executable", [](Bytes& b) { set(b, 16, 2); }, "not a shared library"},
        Damage{"OtherMachine", [](Bytes& b) { set(b, 18, 8); }, "another machine"},
        Damage{"OtherMagic", [](Bytes& b) { set(b, section_offset(b) + 3, 'x'); }, "wrong magic"},
        Damage{"FutureMajor", [](Bytes& b) { set(b, section_offset(b) + 16, 9); }, "plugin ABI 9."},
        Damage{"FutureMinimum", [](Bytes& b) { set(b, section_offset(b) + 24, 7); },
               "needs a host of ABI 1.7"},
        Damage{"LongerThanTheSection", [](Bytes& b) { set(b, section_offset(b) + 34, 0xff); },
               "longer than its section"},
        Damage{"OneBitOfTheJson", [](Bytes& b) { set(b, section_offset(b) + 70, '!'); }, "CRC-32"}),
    [](const auto& one) { return one.param.name; });

TEST(SectionReader, EveryTruncationIsToldAndNoneCrashes) {
  for (size_t length = 0; length < minmax().size(); length += 7) {
    EXPECT_NE(read_manifest_section(std::span(minmax()).first(length)).problem, "")
        << length << " of " << minmax().size() << " bytes";
  }
}

TEST(SectionReader, SurvivesTwoThousandMutants) {
  std::mt19937 random(20260);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes = minmax();
    for (int k = 0; k < 1 + i % 8; ++k) {
      // Half of them in the headers, where every byte matters.
      const size_t place = random() % 2 == 0
                               ? random() % 64
                               : bytes.size() - 1 - random() % std::min<size_t>(bytes.size() - 1, 2048);
      bytes[place] = static_cast<std::byte>(random());
    }
    const ManifestBytes found = read_manifest_section(bytes);
    EXPECT_TRUE(found.problem.empty() ? !found.json.empty() : found.json.empty());
  }
}

}  // namespace
}  // namespace vernier::core
