// The files of a program, and somebody who sees each tensor that passes their boundaries.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "program/file_units.h"
#include "program/program_run.h"

namespace vernier::core {

// A run of a unit's file.
struct BoundaryCall {
  uint64_t request = 0;
  const ProgramPhase* phase = nullptr;
  int64_t pass = 0;  // of its phase, from 0
  const ProgramStep* step = nullptr;
  size_t unit = 0;
  std::string prefix;  // of the names of its tensors: "0.decode.3.layer_decode_1."
};

// A tensor at a boundary of a call, or inside its file.
struct BoundaryTensor {
  enum class Side { kInput, kOutput, kNode };
  const BoundaryCall& call;
  Side side;
  std::string tensor;  // the unit's word for it, of a node the file's
  size_t buffer = 0;   // of an input or output
  const QParams* grid = nullptr;

  [[nodiscard]] std::string name() const;  // in recordings: "0.decode.3.layer_decode_1.in.past_k"
};

const char* to_string(BoundaryTensor::Side side);  // "in", "out", "node"

class BoundaryWatch {
 public:
  BoundaryWatch() = default;
  virtual ~BoundaryWatch() = default;
  BoundaryWatch(const BoundaryWatch&) = delete;
  BoundaryWatch& operator=(const BoundaryWatch&) = delete;

  // Returns what goes on in its place: itself, or another of its dtype and shape; of a node it is not read.
  virtual Tensor see(const BoundaryTensor& tensor, const Tensor& content) = 0;
  // Whether nodes of this call are shown, where its executor tells them.
  virtual bool wants_nodes(const BoundaryCall& call) = 0;
};

class WatchedUnits : public UnitRunner {
 public:
  // All must outlive this.
  WatchedUnits(const Program& program, FileUnits& files, BoundaryWatch& watch)
      : program_(program), files_(files), watch_(watch) {}

  // Before ProgramRun::begin() of it.
  void begin(uint64_t request);
  // The ProgramRun's watch: which step is about to run.
  void expect(const UnitCall& call);

  [[nodiscard]] std::vector<Tensor> run(size_t unit, std::span<const Tensor> inputs) override;
  [[nodiscard]] const QParams* grid(size_t buffer) const override { return files_.grid(buffer); }
  [[nodiscard]] Tensor look_up(size_t table, const Tensor& rows) override {
    return files_.look_up(table, rows);
  }

 private:
  Tensor see(BoundaryTensor::Side side, const Wire& wire, const Tensor& content);

  const Program& program_;
  FileUnits& files_;
  BoundaryWatch& watch_;
  uint64_t request_ = 0;
  std::map<std::string, int> runs_;  // of this request, by prefix
  BoundaryCall call_;
};

}  // namespace vernier::core
