// An ONNX file as the rules see it: its operators and what is known of the values between them. Constants are
// read with it; their bytes stay in the file.
//
// Read by protozero, see reader.h. A graph inside an operator (If, Loop, Scan) is not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

struct OnnxValue {
  int32_t type = 0;  // TensorProto.DataType; 0: not known
  std::optional<size_t> rank;
  bool is_constant = false;
  std::vector<float>
      scale;  // of a constant of FLOAT with its bytes in the file and at most 1 MiB, its values
};

struct OnnxNode {
  std::string name,
      op;              // op with its domain in front unless that is the standard's: "com.microsoft.Attention"
  std::string domain;  // empty: the standard's
  std::vector<std::string> inputs, outputs;  // an empty name: left out
  bool has_graph = false;
  std::optional<int64_t> to, output_dtype;  // attributes that say the result's type
  int32_t constant_type = 0;                // of the attribute `value`
};

struct OnnxModel {
  int64_t ir_version = 0;
  std::map<std::string, int64_t> opsets;  // by domain
  bool has_graph = false;
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxValue> values;  // constants, inputs and what the file says of others
  std::vector<std::string> inputs, outputs, constants;
  bool has_external_data = false;
  bool has_functions = false;  // operators that the file defines itself
};

// Bounded: time and memory are linear in the file. Throws Error (kData) naming the file where the bytes end
// early, are no protocol buffer, or a constant's bytes are not what its shape says.
OnnxModel read_onnx_model(std::span<const std::byte> bytes, const std::string& name);

// "UINT8", "FLOAT"; "type 99" for one that has no name. onnx_type(): 0 for a name that there is not.
std::string onnx_type_name(int32_t type);
int32_t onnx_type(std::string_view name);

}  // namespace vernier::core
