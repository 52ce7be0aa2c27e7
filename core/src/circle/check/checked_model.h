// A Circle or TFLite file as the rules see it: everything that can be read, however wrong, and the findings
// so far.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "circle_generated.h"
#include "profile/findings.h"
#include "vernier/core/check.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

struct CheckedTensor {
  const circle::Tensor* table = nullptr;
  std::string name;
  std::vector<int32_t> shape;
  circle::TensorType type = circle::TensorType::FLOAT32;
  std::vector<float> scale;
  std::vector<int64_t> zero_point;
  int32_t axis = 0;
  bool has_record = false;          // a quantization table with scales
  bool has_data = false;            // its buffer has bytes
  std::span<const std::byte> data;  // inside the file; empty where they are not
  uint64_t elements = 0;            // of the shape; 0 also where that overflows
  int32_t producer = -1;            // operator

  [[nodiscard]] bool is_quantized() const { return !scale.empty(); }
  [[nodiscard]] bool is_constant() const { return has_data; }
};

struct CheckedOperator {
  const circle::Operator* table = nullptr;
  circle::BuiltinOperator code = circle::BuiltinOperator::ADD;
  std::vector<int32_t> inputs, outputs;  // in range, or -1
};

struct CheckedSubgraph {
  const circle::SubGraph* table = nullptr;
  std::string prefix;  // of a place in it: "subgraph 1 (decode), "; empty where the file has only one
  std::vector<CheckedTensor> tensors;
  std::vector<CheckedOperator> operators;
  std::vector<int32_t> inputs, outputs;  // in range

  // Input `i` of an operator, null where it is absent.
  [[nodiscard]] const CheckedTensor* input(const CheckedOperator& op, size_t i) const {
    return i < op.inputs.size() && op.inputs[i] >= 0 ? &tensors[static_cast<size_t>(op.inputs[i])] : nullptr;
  }
  [[nodiscard]] const CheckedTensor* output(const CheckedOperator& op, size_t i = 0) const {
    return i < op.outputs.size() ? &tensors[static_cast<size_t>(op.outputs[i])] : nullptr;
  }
};

struct CheckedModel : Findings {
  const circle::Model* table = nullptr;
  std::span<const std::byte> bytes;
  bool is_tflite = false;
  const Profile* profile = nullptr;
  const RunControl* control = &RunControl::none();  // each loop over tensors or operators asks it
  std::vector<CheckedSubgraph> subgraphs;
};

std::string tensor_name(const CheckedSubgraph& subgraph, int32_t index);
std::string operator_name(const CheckedSubgraph& subgraph, size_t index);
std::string type_name(circle::TensorType type);
int bits_of(circle::TensorType type);  // 0 where the type has no fixed size

// Reads what is there; structural findings on the way. `model` has passed FlatBuffers' verifier.
void read_model(CheckedModel& model);
// Each looks at one kind of rule.
void check_structure(CheckedModel& model);
void check_constants(CheckedModel& model);
void check_operators(CheckedModel& model);
void check_shapes(CheckedModel& model);
void check_quantization(CheckedModel& model);
void check_profile(CheckedModel& model);

// Holds the bytes of a Circle or TFLite file to the rules of its format, and to those of the profile unless
// it is null. Says which of both formats it is. Throws a stop where `control` asks for one.
std::string check_circle(std::span<const std::byte> bytes, const Profile* profile, const RunControl& control,
                         Findings& found);

// Throws Error (kData) with the profile's file for an operator or a type that Circle does not have.
void require_circle_names(const Profile& profile);

}  // namespace vernier::core
