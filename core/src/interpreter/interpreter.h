// Runs a graph on a device, in one reading or another. It knows no wrapper and no module tree: what a graph
// leaves open, the elements of its constants and the qparams of its sites, comes from GraphData.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "device/device.h"
#include "graph/graph.h"
#include "interpreter/held_constants.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

enum class Reading {
  kFloat,      // sites do nothing
  kCalibrate,  // the same values; sites show them to their observers
  kQuantize,   // sites round to their grids, constants are what their codes mean
  kExact       // kQuantize in float64: on the exact form of a file's graph, what the file should compute
};

// What the elements of a constant are made of.
struct ConstantData {
  Tensor values;                     // floats of any float dtype, mapped where they come from a file
  const QParams* qparams = nullptr;  // of its codes, a function of the two; null where it stays float
  const Tensor* exact = nullptr;     // float64, in place of both in kExact; null: none
};

class GraphData {
 public:
  GraphData() = default;
  virtual ~GraphData() = default;
  GraphData(const GraphData&) = delete;
  GraphData& operator=(const GraphData&) = delete;
  [[nodiscard]] virtual ConstantData constant(const GraphValue& value) const = 0;
  // All codes of a constant that has qparams, where they are worth their memory; else undefined. Asked for by
  // nodes that read it whole in kQuantize and kExact.
  [[nodiscard]] virtual Tensor kept_codes(const GraphValue&) const { return {}; }
  // Of a "fake_quantize" node. Throws Error (kInternal) where there are none yet.
  [[nodiscard]] virtual const QParams& qparams(const GraphNode& site) const = 0;
};

class Interpreter {
 public:
  // Called for each value that reaches a site: in kFloat and kCalibrate with what comes in, in the others
  // with what goes on. In kCalibrate with the rows alone that the site observes; they may be none.
  using Observe = std::function<void(int site, const Tensor& x)>;

  // All must outlive this. Throws Error (kInternal) where the graph has an op that this host does not know.
  Interpreter(const Graph& graph, const GraphData& data, Device& device, const RunControl& control);

  // The graph's outputs, float32 where they are float. `inputs` are of the graph's input types. A value is
  // freed after its last reader; `kept` (may be null) gets all of them, by value, but for constants: float64
  // in kExact. Throws Error: an op's, with its module; a stop between two nodes. [one thread at a time]
  std::vector<Tensor> run(Reading reading, std::span<const Tensor> inputs, const Observe& observe = {},
                          std::vector<Tensor>* kept = nullptr);

  // The same in pieces. `values`, by value, is what goes from one piece to the next: begin() puts the inputs
  // there, advance() runs nodes [first, end), finish() takes the outputs. Between pieces the caller may keep
  // elsewhere what the next one does not read. `held` (may be null) keeps what constants become. Each throws
  // what run() throws. [one thread at a time]
  void begin(Reading reading, std::span<const Tensor> inputs, std::vector<Tensor>& values) const;
  void advance(Reading reading, uint32_t first, uint32_t end, std::vector<Tensor>& values,
               const Observe& observe = {}, HeldConstants* held = nullptr,
               std::vector<Tensor>* kept = nullptr);
  [[nodiscard]] std::vector<Tensor> finish(Reading reading, const std::vector<Tensor>& values) const;
  // Bytes that HeldConstants would hold for a constant of the graph; 0 where ops read it as it lies.
  [[nodiscard]] uint64_t held_bytes(const GraphValue& constant, Reading reading) const;

 private:
  // A tensor argument of an op.
  struct Operand {
    size_t argument = 0;  // of the op
    size_t item = 0;      // in a list of tensors
    ValueIndex value = kNoValue;
    bool is_last = false;     // nothing reads the value after this
    bool is_by_rows = false;  // the op reads rows of it, and it is a constant
  };
  struct Instruction {
    uint32_t op = 0;
    std::vector<TensorType> types;      // of the results
    std::vector<OpArgument> arguments;  // tensors are filled in and taken out by each run
    std::vector<Operand> operands;
    bool is_site = false;
    std::vector<bool> is_unread;  // by result: nothing reads it
  };
  struct Run;

  [[nodiscard]] Instruction compile(const GraphNode& node) const;
  [[nodiscard]] Tensor expand(ValueIndex constant, Reading reading, HeldConstants* held) const;
  [[nodiscard]] Tensor expand_anew(const GraphValue& value, const ConstantData& data, Reading reading) const;
  std::vector<Tensor> execute(Instruction& instruction, Run& run);
  Tensor execute_site(const Instruction& instruction, const GraphNode& node, Run& run);
  Tensor gather(const Instruction& instruction, Run& run);
  [[nodiscard]] Tensor take(const Operand& operand, Run& run) const;

  const Graph& graph_;
  const GraphData& data_;
  Device& device_;
  const RunControl& control_;
  std::vector<Instruction> instructions_;  // by node
};

// A graph with what runs it.
struct CompiledGraph {
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<Interpreter> interpreter;
};

}  // namespace vernier::core
