// A Circle file (schemas/circle.fbs), or a TFLite file, whose schema that one extends, as plain data: what
// `inspect`, the checks of an export and executors look at.
//
// Independent of the backend that writes such files. Nobody vouches for the bytes: FlatBuffers' verifier with
// explicit limits comes first, then each index, offset, length and text is checked. Time and memory are
// linear in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/json_value.h"

namespace vernier::core {

struct CircleTensor {
  std::string name;                      // may be empty: some writers name nothing
  std::vector<int32_t> shape;            // empty: a scalar
  std::vector<int32_t> shape_signature;  // empty, or as long as `shape` with -1 where an extent is dynamic
  std::string type;                      // as the schema spells it: "UINT8", "FLOAT32", "UINT4"
  std::vector<float> scale;              // empty: not quantized; one; or one per index of `axis`
  std::vector<int64_t> zero_point;       // as many as scales
  int32_t axis = 0;
  uint32_t buffer = 0;
  bool constant = false;     // the buffer has data, perhaps of length 0
  uint64_t data_offset = 0;  // of a constant: where its bytes stand in the file
  uint64_t data_bytes = 0;
};

struct CircleOperator {
  std::string
      op;  // as the schema spells it: "FULLY_CONNECTED"; "OPERATOR_300" for a code newer than the schema
  std::string custom_code;      // of "CUSTOM"
  std::vector<int32_t> inputs;  // tensor indices; -1 where an optional one is absent
  std::vector<int32_t> outputs;
  JsonValue options = JsonValue::object();  // all fields of the options table, absent ones with
                                            // their default; enums by name
};

struct CircleSubgraph {
  std::string name;
  std::vector<CircleTensor> tensors;
  std::vector<CircleOperator> operators;  // execution order
  std::vector<int32_t> inputs;            // tensor indices, call order
  std::vector<int32_t> outputs;
};

struct CircleSignature {
  std::string key;
  uint32_t subgraph = 0;
  std::vector<std::pair<std::string, uint32_t>> inputs;  // name, tensor index
  std::vector<std::pair<std::string, uint32_t>> outputs;
};

struct CircleFile {
  bool is_tflite = false;
  uint32_t version = 0;
  std::string description;
  std::vector<CircleSubgraph> subgraphs;
  std::vector<CircleSignature> signatures;
  std::vector<std::string> metadata;  // names
  uint64_t bytes = 0;                 // of the whole file
};

// `name` stands in messages. Throws Error (kData) naming the file and what is wrong with it.
CircleFile read_circle(std::span<const std::byte> bytes, const std::string& name);
CircleFile read_circle(const std::filesystem::path& file);

// Bytes of `elements` elements of a type as the schema spells it, 4-bit ones packed; 0 for a type without a
// fixed size.
uint64_t circle_bytes(const std::string& type, uint64_t elements);

}  // namespace vernier::core
