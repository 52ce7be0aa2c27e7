// Checkpoints that must be refused: the seed example's (one tensor, F32 [64, 32]), each broken in one way.
// The reader's tests and the command line's tests (exit code 5, nothing written) share the table.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "support/temp_folder.h"

namespace vernier::test {

inline const std::string kWeight = "model.embed_vision.embedding_projection.weight";

struct BrokenCheckpoint {
  std::string name;                                         // a legal gtest name
  std::function<void(const std::filesystem::path&)> write;  // fills a fresh folder
  std::string message;                                      // stands in the error's text
  std::string tensor;  // stands there too; empty where no tensor can be made out
  bool opens = false;  // found only when the tensor is bound to its module
};

// For gtest's messages.
inline void PrintTo(const BrokenCheckpoint& broken, std::ostream* out) { *out << broken.name; }

inline std::string safetensors_bytes(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data_bytes, '\0');
}

// `"name":{"dtype":...}`
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
  return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         '}';
}

inline void write_config(const std::filesystem::path& folder) {
  write_file(folder / "config.json", read_file(VERNIER_SOURCE_DIR "/tests/data/seed_example/config.json"));
}

// A folder with config.json and model.safetensors of this header and as many bytes of data.
inline std::function<void(const std::filesystem::path&)> with_header(const std::string& header,
                                                                     size_t data_bytes = 8192) {
  return [=](const std::filesystem::path& folder) {
    write_config(folder);
    write_file(folder / "model.safetensors", safetensors_bytes(header, data_bytes));
  };
}

// A folder with config.json and that file.
inline std::function<void(const std::filesystem::path&)> with_file(const std::string& name,
                                                                   const std::string& bytes) {
  return [=](const std::filesystem::path& folder) {
    write_config(folder);
    write_file(folder / name, bytes);
  };
}

// A folder with config.json, an index of this weight_map, and one good shard that holds kWeight.
inline std::function<void(const std::filesystem::path&)> with_index(
    const std::string& weight_map, const std::string& tensor_in_shard = kWeight) {
  return [=](const std::filesystem::path& folder) {
    write_config(folder);
    write_file(folder / "model.safetensors.index.json",
               R"({"metadata":{"total_size":8192},"weight_map":)" + weight_map + "}");
    const std::string header = '{' + entry(tensor_in_shard, "F32", "[64,32]", "[0,8192]") + '}';
    write_file(folder / "model-00001-of-00002.safetensors", safetensors_bytes(header, 8192));
  };
}

// NOLINTNEXTLINE(readability-function-size): a table
inline std::vector<BrokenCheckpoint> broken_tensors() {
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return with_header('{' + entry(kWeight, dtype, shape, offsets) + '}');
  };
  const auto raw = [](const std::string& value) {
    return with_header("{\"" + kWeight + "\":" + value + '}');
  };
  const std::string good = entry(kWeight, "F32", "[64,32]", "[0,8192]");
  std::string many_ones = "[1";
  for (int i = 0; i < 64; ++i) many_ones += ",1";
  many_ones += ']';
  return {
      {"DataCutShort", with_header('{' + good + '}', 4096),
       "ends at byte 8192 of the data, but the file holds 4096", kWeight},
      {"TrailingBytes", with_header('{' + good + '}', 8200), "8 trailing bytes", kWeight},
      {"TensorTwice", with_header('{' + good + ',' + good + '}'), "is there twice", kWeight},
      {"UnknownDtype", one("F4", "[64,32]", "[0,8192]"), "unknown dtype \"F4\"", kWeight},
      {"ShapeOverflows", one("F32", "[4294967296,4294967296,64]", "[0,8192]"), "beyond 63 bits", kWeight},
      {"ShapeOverflowsBehindZero", one("F32", "[0,4611686018427387904,4]", "[0,0]"), "beyond 63 bits",
       kWeight},
      {"ExtentBeyond63Bits", one("F32", "[18446744073709551615]", "[0,8192]"), "more than 63 bits", kWeight},
      {"NegativeExtent", one("F32", "[64,-32]", "[0,8192]"), "negative extent -32", kWeight},
      {"FractionalExtent", one("F32", "[64,32.5]", "[0,8192]"), "the number \"32.5\" in shape", kWeight},
      {"ExtentIsText", one("F32", "[64,\"32\"]", "[0,8192]"), "a string in shape", kWeight},
      {"ShapeNested", one("F32", "[[64,32]]", "[0,8192]"), "an array in shape", kWeight},
      {"TooManyExtents", one("F32", many_ones, "[0,8192]"), "more than 64 extents", kWeight},
      {"SizeMismatch", one("F32", "[64,31]", "[0,8192]"),
       "takes 7936 bytes, but its data_offsets [0, 8192] hold 8192", kWeight},
      {"DtypeMismatch", one("BF16", "[64,32]", "[0,8192]"),
       "takes 4096 bytes, but its data_offsets [0, 8192] hold 8192", kWeight},
      {"Overlap", with_header('{' + good + ',' + entry("b", "F32", "[4]", "[8176,8192]") + '}'),
       "begins at byte 8176, inside tensor", kWeight},
      {"Gap", with_header('{' + entry(kWeight, "F32", "[64,32]", "[4,8196]") + '}', 8196),
       "the bytes between belong to no tensor", kWeight},
      {"OffsetsReversed", one("F32", "[64,32]", "[8192,0]"), "begins at 8192 and ends at 0", kWeight},
      {"NegativeOffset", one("F32", "[64,32]", "[-8192,0]"), "negative data offset -8192", kWeight},
      {"OffsetBeyondFile", one("F32", "[64,32]", "[18446744073709543423,18446744073709551615]"),
       "but the file holds 8192", kWeight},
      {"OneOffset", one("F32", "[64,32]", "[8192]"), "has 1 data_offsets, not 2", kWeight},
      {"ThreeOffsets", one("F32", "[64,32]", "[0,8192,8192]"), "more than 2 data_offsets", kWeight},
      {"NoDtype", raw(R"({"shape":[64,32],"data_offsets":[0,8192]})"), "has no dtype", kWeight},
      {"NoShape", raw(R"({"dtype":"F32","data_offsets":[0,8192]})"), "has no shape", kWeight},
      {"NoOffsets", raw(R"({"dtype":"F32","shape":[64,32]})"), "has no data_offsets", kWeight},
      {"KeyTwice", raw(R"({"dtype":"F32","dtype":"F32","shape":[64,32],"data_offsets":[0,8192]})"),
       "has the key \"dtype\" twice", kWeight},
      {"UnknownKey", raw(R"({"dtype":"F32","shape":[64,32],"data_offsets":[0,8192],"stride":[32,1]})"),
       "unknown key \"stride\"", kWeight},
      {"DtypeIsNumber", raw(R"({"dtype":32,"shape":[64,32],"data_offsets":[0,8192]})"), "a number in dtype",
       kWeight},
      {"ShapeIsObject", raw(R"({"dtype":"F32","shape":{},"data_offsets":[0,8192]})"),
       "has an object in shape", kWeight},
      {"TensorIsArray", raw("[64,32]"), "is an array, not an object", kWeight},
      {"TensorIsNull", raw("null"), "is null, not an object", kWeight},
      {"SyntaxError", raw(R"({"dtype":"F32","shape":[64,32],"data_offsets":[0,8192]},)"),
       "not valid JSON at its byte", kWeight},
      {"ShardMissing", with_index("{\"" + kWeight + "\":\"model-00002-of-00002.safetensors\"}"),
       "\"model-00002-of-00002.safetensors\" of tensor", kWeight},
      {"ShardLacksTensor", with_index("{\"" + kWeight + "\":\"model-00001-of-00002.safetensors\"}", "other"),
       "which does not hold it", kWeight},
      {"ShardClimbsOut", with_index("{\"" + kWeight + "\":\"../model.safetensors\"}"),
       "not a file below the checkpoint's folder", kWeight},
      {"ShardIsAbsolute", with_index("{\"" + kWeight + "\":\"/etc/passwd\"}"),
       "not a file below the checkpoint's folder", kWeight},
      {"ShardIsNumber", with_index("{\"" + kWeight + "\":1}"), "a number for its shard", kWeight},
      {"TensorMissing", with_header('{' + entry(kWeight + "s", "F32", "[64,32]", "[0,8192]") + '}'),
       "no tensor", kWeight, true},
      {"ShapeOfAnotherModel", with_header('{' + entry(kWeight, "F32", "[32,64]", "[0,8192]") + '}'),
       "[32, 64]", kWeight, true},
      {"IntegerWeight", with_header('{' + entry(kWeight, "I32", "[64,32]", "[0,8192]") + '}'), "int32",
       kWeight, true},
  };
}

// Broken before any tensor can be named.
inline std::vector<BrokenCheckpoint> broken_files() {
  const std::string good = entry(kWeight, "F32", "[64,32]", "[0,8192]");
  const auto config = [=](const std::string& text) {
    return [=](const std::filesystem::path& folder) {
      with_header('{' + good + '}')(folder);
      write_file(folder / "config.json", text);
    };
  };
  const auto index = [](const std::string& text) { return with_file("model.safetensors.index.json", text); };
  return {
      {"EmptyFile", with_file("model.safetensors", ""), "0 bytes, fewer than the 8", ""},
      {"SevenBytes", with_file("model.safetensors", "1234567"), "7 bytes, fewer than the 8", ""},
      {"HeaderBeyondLimit", with_file("model.safetensors", std::string(64, '\xff')),
       "the format allows 100000000", ""},
      {"HeaderCutShort", with_file("model.safetensors", safetensors_bytes('{' + good + '}', 0).substr(0, 40)),
       "but 32 follow its length", ""},
      {"HeaderIsArray", with_header("[1]", 0), "the header is not a JSON object", ""},
      {"HeaderIsEmpty", with_header("", 0), "the header is not a JSON object", ""},
      {"ZeroByteInHeader", with_header('{' + good + '}' + std::string(8, '\0')), "a zero byte at byte", ""},
      {"NameNotUtf8", with_header("{\"a\xff\":{}}", 0), "not valid JSON at its byte", ""},
      {"NameIsEmpty", with_header("{\"\":{}}", 0), "is empty or holds a control character", ""},
      {"NameHoldsControl", with_header(R"({"a\u0000b":{}})", 0),
       "\"a\\u0000b\" is empty or holds a control character", ""},
      {"DeepHeader", with_header("{\"a\":" + std::string(100000, '['), 0), "is an array, not an object", ""},
      {"MetadataNotText", with_header("{\"__metadata__\":{\"format\":1}," + good + '}'),
       "__metadata__ key \"format\" is a number, not a string", ""},
      {"MetadataTwice", with_header("{\"__metadata__\":{},\"__metadata__\":{}," + good + '}'),
       "__metadata__ is there twice", ""},
      {"BytesOfNoTensor", with_header("{}", 16), "16 trailing bytes", ""},
      {"ConfigNotJson", config("{\n  \"vision_config\": {,}\n}"), "config.json:2:21", ""},
      {"ConfigNotObject", config("[]"), "holds a array, not an object", ""},
      {"ConfigKeyTwice", config("{\"a\": 1,\n \"a\": 2}"), "the key \"a\" is there twice", ""},
      {"ConfigTooDeep", config("{\"a\":" + std::string(100, '[') + std::string(100, ']') + '}'),
       "nested deeper than 64 levels", ""},
      {"IndexNotJson", index("{\"weight_map\": "), "model.safetensors.index.json:1:16", ""},
      {"IndexWithoutMap", index("{}"), "no object \"weight_map\"", ""},
      {"IndexMapEmpty", index("{\"weight_map\":{}}"), "weight_map is empty", ""},
      {"NoTensorFile", [](const std::filesystem::path& folder) { write_config(folder); },
       "no model.safetensors", ""},
      {"TwoTensorFiles",
       [](const std::filesystem::path& folder) {
         with_file("a.safetensors", safetensors_bytes("{}", 0))(folder);
         with_file("b.safetensors", safetensors_bytes("{}", 0))(folder);
       },
       "2 other .safetensors files: a.safetensors, b.safetensors", ""},
  };
}

}  // namespace vernier::test
