// A program as the host keeps it: which units a whole model consists of, and how they are wired at run time.
// docs/program.md says what each field means; read_program.h makes one of a document.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "device/op_rules.h"
#include "program/count.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

enum class BufferRole { kScratch, kState, kRequest, kResult };
enum class PhaseRuns { kOnce, kEachPicture, kEachToken };

const char* to_string(BufferRole role);  // "scratch", "state", "request", "result"
const char* to_string(PhaseRuns runs);   // "once", "each_picture", "each_token"

// An axis along which a request's tensor may be shorter than its buffer.
struct RequestLength {
  size_t axis = 0;
  std::optional<Counter> counter;  // kPrompt or kPictures
  int64_t minimum = 0;
  int64_t maximum = 0;
};

struct ProgramBuffer {
  std::string name;
  DType dtype;  // kFloat32, kInt32, kInt64
  Shape shape;
  BufferRole role = BufferRole::kScratch;
  std::optional<double> fill;
  std::string of;  // of a request: the name of its tensor
  std::vector<RequestLength> lengths;
  std::optional<int64_t> minimum, maximum;
  std::optional<QParams> qparams;  // of a folder's codes

  [[nodiscard]] TensorType type() const { return {dtype, shape}; }
  // Of its values, whatever a folder's codes take.
  [[nodiscard]] uint64_t bytes() const { return dtype.bytes(static_cast<uint64_t>(element_count(shape))); }
};

// A file of a folder.
struct ProgramFile {
  std::string path;
  std::string sha256;
  uint64_t bytes = 0;
};

struct UnitFile {
  ProgramFile file;
  std::string format;
  std::string signature;             // empty: it has one graph
  std::vector<std::string> inputs;   // names in the file, in the unit's order
  std::vector<std::string> outputs;  // likewise
};

// Axes of one input that have the open extent.
struct OpenAxes {
  size_t input = 0;
  std::vector<size_t> axes;
};

// How the unit's file has an input, where that is not as the unit has it.
struct WrittenInput {
  size_t input = 0;
  std::string name;
  std::optional<DType> dtype;  // kInt32 or kInt64
};

struct ProgramUnit {
  std::string name;
  std::string module;
  std::string entry;
  std::vector<std::string> inputs, outputs;
  bool is_for_host = false;
  std::string open_name;  // of its open extent; empty: it has none
  std::vector<OpenAxes> open;
  std::vector<WrittenInput> written;
  std::string group;  // units of one group may be one file; empty: it is of none
  std::optional<UnitFile> file;

  // Names that inputs have in the unit's file, in its order.
  [[nodiscard]] std::vector<std::string> written_inputs() const;
};

struct ProgramTable {
  std::string name;
  std::string parameter;
  int64_t rows = 0, columns = 0;
  double multiplier = 1;
  std::optional<ProgramFile> file;
};

// What a step calls a buffer, and which one it is.
struct Wire {
  std::string name;
  size_t buffer = 0;
};

using StepArgument = std::variant<Count, double, bool, std::string>;

struct ProgramStep {
  std::string pointer;         // in the document, for messages
  std::optional<size_t> unit;  // nothing: a host step
  std::string host;
  std::vector<Wire> inputs, outputs;              // of a unit in its order
  std::map<std::string, StepArgument> arguments;  // of a host step: all that it has, defaults too
};

struct ProgramPhase {
  std::string name;
  PhaseRuns runs = PhaseRuns::kOnce;
  std::vector<ProgramStep> steps;
};

struct Generation {
  size_t token = 0, logits = 0;  // buffers
  int64_t context = 0;
  std::vector<int32_t> stop;
};

struct Program {
  std::string source;  // what messages call the document
  std::string name;
  std::string summary;
  std::map<std::string, std::variant<int64_t, bool, std::string>> profile;
  std::vector<ProgramBuffer> buffers;  // sorted by name
  std::vector<ProgramTable> tables;    // likewise
  std::vector<ProgramUnit> units;
  std::map<std::string, size_t> unit_places;  // by name
  std::vector<ProgramPhase> phases;
  std::optional<Generation> generation;
  std::vector<ProgramFile> files;

  // Null where there is none.
  [[nodiscard]] const ProgramBuffer* find_buffer(const std::string& name) const;
  [[nodiscard]] const ProgramUnit* find_unit(const std::string& name) const;
  // Of a step's inputs, in its order.
  [[nodiscard]] std::vector<TensorType> input_types(const ProgramStep& step) const;
  // What requests hold, each name once.
  [[nodiscard]] std::vector<std::string> request_names() const;
};

}  // namespace vernier::core
