#include "checkpoint/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "checkpoint/safetensors_writer.h"
#include "core/checkpoint/broken_checkpoints.h"
#include "file/mapped_file.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using test::TempFolder;
using testing::HasSubstr;

Safetensors parsed(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return Safetensors::parse(std::as_bytes(std::span(*owner)), owner, "memory");
}

template <typename F>
std::string complaint(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.format();
  }
  return "";
}

TEST(Safetensors, ReadsEveryDtype) {
  const struct {
    const char* word;
    const char* name;
    int bytes;
  } kCases[] = {{"F64", "float64", 8}, {"F32", "float32", 4}, {"F16", "float16", 2}, {"BF16", "bfloat16", 2},
                {"I8", "int8", 1},     {"U8", "uint8", 1},    {"I16", "int16", 2},   {"U16", "uint16", 2},
                {"I32", "int32", 4},   {"U32", "uint32", 4},  {"I64", "int64", 8},   {"U64", "uint64", 8},
                {"BOOL", "bool", 1}};
  for (const auto& one : kCases) {
    const std::string offsets = "[0," + std::to_string(3 * one.bytes) + "]";
    const Safetensors file = parsed(
        test::safetensors_bytes("{" + test::entry("t", one.word, "[3]", offsets) + "}", 3 * one.bytes));
    EXPECT_EQ(file.tensor("t").dtype.name(), one.name);
    EXPECT_EQ(file.tensor("t").bytes(), static_cast<uint64_t>(3 * one.bytes));
    EXPECT_EQ(safetensors_dtype(file.tensor("t").dtype), one.word);
  }
}

// One such tensor does not keep a checkpoint from being read; that a module wants it is refused there.
TEST(Safetensors, TellsTensorsOfEightBitFloats) {
  for (const char* word : {"F8_E4M3", "F8_E5M2"}) {
    const Safetensors file =
        parsed(test::safetensors_bytes("{" + test::entry("t", word, "[3]", "[0,3]") + "}", 3));
    EXPECT_EQ(file.tensor("t").dtype.name(), "float8");
    EXPECT_EQ(file.tensor("t").bytes(), 3u);
    EXPECT_EQ(safetensors_dtype(file.tensor("t").dtype), "") << "which of both is not known any more";
  }
}

TEST(Safetensors, KeepsScalarsAndEmptyTensors) {
  const std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," +
                             test::entry("empty", "F32", "[0,7]", "[0,0]") + "," +
                             test::entry("scalar", "F32", "[]", "[0,4]") + "}  ";
  const Safetensors file = parsed(test::safetensors_bytes(header, 4));
  EXPECT_EQ(file.tensor("empty").elements(), 0);
  EXPECT_EQ(file.tensor("scalar").shape, Shape{});
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST(Safetensors, ViewsTheMappingAndCopiesWhatIsMisaligned) {
  TempFolder folder;
  std::string header =
      "{" + test::entry("a", "U8", "[1]", "[0,1]") + "," + test::entry("b", "F32", "[2]", "[1,9]") + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string bytes = test::safetensors_bytes(header, 9);
  const float values[] = {1.5f, -2.0f};
  std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
  test::write_file(folder / "x.safetensors", bytes);
  const Safetensors file = Safetensors::open(folder / "x.safetensors");
  EXPECT_EQ(file.tensor("a").data, file.tensor("a").data);
  const Tensor b = file.tensor("b");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data) % 4, 0u);
  EXPECT_EQ(b.as<float>()[0], 1.5f);
  EXPECT_EQ(b.as<float>()[1], -2.0f);
  EXPECT_NE(b.data, file.tensor("b").data);
}

TEST(Safetensors, RefusesABoolThatIsNone) {
  std::string bytes = test::safetensors_bytes("{" + test::entry("mask", "BOOL", "[3]", "[0,3]") + "}", 3);
  bytes.back() = 2;
  EXPECT_THAT(complaint([&] { (void)parsed(bytes).tensor("mask"); }),
              HasSubstr("tensor \"mask\" is BOOL, but its element 2 is 2"));
}

TEST(Safetensors, NamesTheNearestTensor) {
  const Safetensors file =
      parsed(test::safetensors_bytes("{" + test::entry("weight", "U8", "[1]", "[0,1]") + "}", 1));
  EXPECT_THAT(complaint([&] { (void)file.tensor("wieght"); }), HasSubstr("did you mean \"weight\"?"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const std::string whole = test::read_file(VERNIER_SOURCE_DIR "/tests/data/seed_example/model.safetensors");
  for (size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 97) {
    EXPECT_NE(complaint([&] { parsed(whole.substr(0, size)); }), "") << size;
  }
}

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  TempFolder folder;
  const std::filesystem::path file = folder / "made/x.safetensors";
  {
    SafetensorsWriter writer(file, {{"mask", kBool, {3}}, {"w", kFloat32, {2, 2}}, {"none", kInt64, {0}}},
                             {{"made by", "a test"}});
    const float values[] = {1, 2, 3, 4};
    const std::byte mask[] = {std::byte{1}, std::byte{0}, std::byte{1}};
    writer.write(1, std::as_bytes(std::span(values)).first(6));
    writer.write(0, std::span(mask));
    writer.write(1, std::as_bytes(std::span(values)).subspan(6));
    EXPECT_FALSE(std::filesystem::exists(file));
    writer.finish();
  }
  const Safetensors back = Safetensors::open(file);
  EXPECT_EQ(back.tensor("w").as<float>()[3], 4.0f);
  EXPECT_EQ(back.tensor("w").shape, (Shape{2, 2}));
  EXPECT_EQ(back.tensor("mask").as<bool>()[1], false);
  EXPECT_EQ(back.tensor("none").elements(), 0);
  EXPECT_EQ(back.metadata().at("made by"), "a test");
  EXPECT_EQ(back.entries().front().name, "none") << "wider elements first";
  EXPECT_EQ(test::files_in(file.parent_path()), 1u);
}

TEST(SafetensorsWriter, LeavesNothingHalfWritten) {
  TempFolder folder;
  test::write_file(folder / "x.safetensors", "as it was");
  {
    SafetensorsWriter writer(folder / "x.safetensors", {{"w", kFloat32, {2}}});
    EXPECT_THAT(complaint([&] { writer.finish(); }), HasSubstr("tensor \"w\" has 0 of its 8 bytes"));
    EXPECT_THAT(complaint([&] { writer.write(0, Tensor::allocate(kFloat32, {3})); }),
                HasSubstr("is declared float32 [2], but given float32 [3]"));
  }
  EXPECT_EQ(test::read_file(folder / "x.safetensors"), "as it was");
  EXPECT_EQ(test::files_in(folder.path()), 1u);
}

TEST(SafetensorsWriter, RefusesWhatTheFormatCannotHold) {
  TempFolder folder;
  const auto make = [&](std::vector<SafetensorsWriter::Item> items) {
    return complaint([&] { SafetensorsWriter writer(folder / "x.safetensors", items); });
  };
  EXPECT_THAT(make({{"a", kFloat32, {1}}, {"a", kFloat32, {1}}}), HasSubstr("there twice"));
  EXPECT_THAT(make({{"__metadata__", kFloat32, {1}}}), HasSubstr("reserved"));
  EXPECT_THAT(make({{"a", kInt4, {1}}}), HasSubstr("int4, which safetensors has no word for"));
  EXPECT_THAT(make({{"a", kFloat32, {int64_t{1} << 62, 8}}}), HasSubstr("too large"));
  EXPECT_THAT(make({{"a\xff", kFloat32, {1}}}), HasSubstr("not UTF-8"));
  EXPECT_EQ(test::files_in(folder.path()), 0u);
}

TEST(MappedFile, ReadsEmptyFilesAndRefusesOthers) {
  TempFolder folder;
  test::write_file(folder / "empty", "");
  EXPECT_EQ(MappedFile::open(folder / "empty")->bytes().size(), 0u);
  EXPECT_THAT(complaint([&] { MappedFile::open(folder.path()); }), HasSubstr("not a regular file"));
  EXPECT_THAT(complaint([&] { MappedFile::open(folder / "none"); }), HasSubstr("the file is not there"));
}

}  // namespace
}  // namespace vernier::core
