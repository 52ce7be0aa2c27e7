#include "onnx/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Tensor3 {
  std::string name;
  int32_t type;
  std::vector<int64_t> dims;
  std::string raw;
  bool is_external = false;
};

std::string model_of(const std::vector<Tensor3>& tensors) {
  std::string graph;
  protozero::pbf_writer g(graph);
  g.add_string(2, "a graph");
  for (const Tensor3& one : tensors) {
    std::string text;
    protozero::pbf_writer t(text);
    for (const int64_t extent : one.dims) t.add_int64(1, extent);
    t.add_enum(2, one.type);
    t.add_string(8, one.name);
    if (one.is_external)
      t.add_enum(14, 1);
    else
      t.add_bytes(9, one.raw);
    g.add_message(5, text);
  }
  std::string model;
  protozero::pbf_writer m(model);
  m.add_int64(1, 10);
  m.add_string(2, "somebody");
  m.add_message(7, graph);
  return model;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string error_of(const std::string& text) {
  try {
    (void)read_onnx_constants(bytes_of(text), "m.onnx");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.format();
  }
  return {};
}

TEST(OnnxReader, ReadsNameTypeShapeAndBytes) {
  const std::string text = model_of({{"w/codes", 3, {2, 3}, "abcdef"},
                                     {"w4/codes", 22, {3, 3}, "abcde"},
                                     {"s", 1, {}, "abcd"},
                                     {"far", 2, {1000, 1000}, "", true},
                                     {"word", 8, {1}, ""}});
  ASSERT_TRUE(looks_like_onnx(bytes_of(text)));
  const auto found = read_onnx_constants(bytes_of(text), "m.onnx");
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].name, "w/codes");
  EXPECT_TRUE(found[0].dtype == kInt8);
  EXPECT_EQ(found[0].shape, (Shape{2, 3}));
  EXPECT_EQ(found[0].bytes, 6u);
  EXPECT_TRUE(found[1].dtype == kInt4);
  EXPECT_EQ(found[1].bytes, 5u) << "nine elements of 4 bits";
  EXPECT_EQ(found[2].bytes, 4u);
  EXPECT_TRUE(found[3].is_external);
  EXPECT_EQ(found[3].bytes, 1000000u);
  EXPECT_FALSE(found[4].dtype.is_set()) << "a text has no dtype here";
}

TEST(OnnxReader, PackedExtentsAreTheSame) {
  std::string tensor, graph, model;
  protozero::pbf_writer t(tensor);
  const std::vector<int64_t> dims = {4, 5};
  t.add_packed_int64(1, dims.begin(), dims.end());
  t.add_enum(2, 2);
  protozero::pbf_writer(graph).add_message(5, tensor);
  protozero::pbf_writer(model).add_message(7, graph);
  EXPECT_EQ(read_onnx_constants(bytes_of(model), "m").at(0).bytes, 20u);
}

TEST(OnnxReader, DamagedFilesAreErrors) {
  EXPECT_THAT(error_of(model_of({{"w", 3, {2, 3}, "abc"}})), HasSubstr("constant w has 3 bytes"));
  EXPECT_THAT(error_of(model_of({{"w", 3, {-1}, "abc"}})), HasSubstr("extent of -1"));
  EXPECT_THAT(error_of(model_of({{"w", 3, {int64_t{1} << 40, int64_t{1} << 40}, ""}})),
              HasSubstr("more elements than a file can hold"));
  EXPECT_THAT(error_of(model_of({{"w", 3, std::vector<int64_t>(65, 1), "a"}})),
              HasSubstr("no sound ONNX file"));
}

// Whatever is cut off or changed: an error or a list, nothing else.
TEST(OnnxReader, NoCutAndNoFlippedByteHarms) {
  const std::string whole = model_of({{"w/codes", 3, {2, 3}, "abcdef"}, {"s", 1, {}, "abcd"}});
  for (size_t length = 0; length < whole.size(); ++length) (void)error_of(whole.substr(0, length));
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      (void)error_of(changed);
    }
  }
  EXPECT_THAT(read_onnx_constants({}, "empty"), IsEmpty());
  EXPECT_FALSE(looks_like_onnx({}));
  EXPECT_FALSE(looks_like_onnx(bytes_of("{\"version\"")));
}

}  // namespace
}  // namespace vernier::core
