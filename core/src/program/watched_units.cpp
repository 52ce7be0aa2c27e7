#include "program/watched_units.h"

#include <fmt/format.h>

namespace vernier::core {

namespace {

int64_t pass_of(const ProgramPhase& phase, const CounterValues& counters) {
  const auto value = [&](Counter counter) { return counters[static_cast<size_t>(counter)]; };
  if (phase.runs == PhaseRuns::kEachPicture) return value(Counter::kPicture);
  if (phase.runs == PhaseRuns::kEachToken) return value(Counter::kPast) - value(Counter::kPrompt);
  return 0;
}

}  // namespace

const char* to_string(BoundaryTensor::Side side) {
  switch (side) {
    case BoundaryTensor::Side::kInput:
      return "in";
    case BoundaryTensor::Side::kOutput:
      return "out";
    case BoundaryTensor::Side::kNode:
      return "node";
  }
  return "";
}

std::string BoundaryTensor::name() const {
  return fmt::format("{}{}.{}", call.prefix, to_string(side), tensor);
}

void WatchedUnits::begin(uint64_t request) {
  request_ = request;
  runs_.clear();
}

void WatchedUnits::expect(const UnitCall& call) {
  const int64_t pass = pass_of(call.phase, call.counters);
  const std::string stem =
      fmt::format("{}.{}.{}.{}", request_, call.phase.name, pass, program_.units[call.unit].name);
  const int run = ++runs_[stem];
  call_ = {request_,   &call.phase, pass,
           &call.step, call.unit,   run == 1 ? stem + "." : fmt::format("{}@{}.", stem, run)};
}

Tensor WatchedUnits::see(BoundaryTensor::Side side, const Wire& wire, const Tensor& content) {
  return watch_.see({call_, side, wire.name, wire.buffer, grid(wire.buffer)}, content);
}

std::vector<Tensor> WatchedUnits::run(size_t unit, std::span<const Tensor> inputs) {
  std::vector<Tensor> given;
  for (size_t i = 0; i < inputs.size(); ++i)
    given.push_back(see(BoundaryTensor::Side::kInput, call_.step->inputs.at(i), inputs[i]));
  const bool has_nodes = watch_.wants_nodes(call_);
  const RunResults results = files_.run_file(unit, given, has_nodes);
  if (has_nodes) {
    for (const FileTensor* node : results.nodes())
      (void)watch_.see({call_, BoundaryTensor::Side::kNode, node->name, 0,
                        node->qparams && node->qparams->scale.size() == 1 ? &*node->qparams : nullptr},
                       node->data);
  }
  std::vector<Tensor> outputs = files_.outputs_of(unit, results);
  for (size_t i = 0; i < outputs.size(); ++i)
    outputs[i] = see(BoundaryTensor::Side::kOutput, call_.step->outputs.at(i), outputs[i]);
  return outputs;
}

}  // namespace vernier::core
