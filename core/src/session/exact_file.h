// What a file should compute: the lowered graph that it was written from, with its own integers, in float64.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "graph/exact_form.h"
#include "interpreter/interpreter.h"
#include "session/exporter.h"

namespace vernier::core {

class ExactFile : private GraphData {
 public:
  // All must outlive this.
  ExactFile(const CapturedGraph& captured, Device& device, const RunControl& control);

  // The graph's outputs, as Interpreter::run. `values` (may be null) gets what each value of the captured
  // graph means, by value: float64, undefined for constants. [one thread at a time]
  std::vector<Tensor> run(std::span<const Tensor> inputs, std::vector<Tensor>* values = nullptr);

 private:
  [[nodiscard]] ConstantData constant(const GraphValue& value) const override;
  [[nodiscard]] Tensor kept_codes(const GraphValue& value) const override;
  [[nodiscard]] const QParams& qparams(const GraphNode& site) const override;

  const CapturedGraph& captured_;
  ExactForm form_;
  std::map<std::string, ValueIndex> constants_;  // by name
  Interpreter interpreter_;
};

}  // namespace vernier::core
