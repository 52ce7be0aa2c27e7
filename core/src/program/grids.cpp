#include "program/grids.h"

#include <fmt/format.h>

#include <algorithm>

#include "program/codes.h"
#include "program/document.h"
#include "program/host_step.h"

namespace vernier::core {

std::vector<size_t> copied_among(const Program& program, const ProgramStep& step) {
  std::vector<size_t> buffers;
  if (step.unit || !find_host_step(step.host)->moves) return buffers;
  for (const auto* wires : {&step.inputs, &step.outputs}) {
    for (const Wire& wire : *wires) {
      if (program.buffers[wire.buffer].dtype == kFloat32) buffers.push_back(wire.buffer);
    }
  }
  return buffers;
}

bool is_equal_grid(const QParams* a, const QParams* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

void require_equal_grids(const Program& program, const GridOf& grid) {
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps) {
      const std::vector<size_t> buffers = copied_among(program, step);
      for (const size_t buffer : buffers) {
        const QParams *first = grid(buffers.front()), *here = grid(buffer);
        if (is_equal_grid(first, here)) continue;
        DocumentPlace{program.source, step.pointer}.refuse(
            fmt::format("{} copies codes, and {} is {}, {} is {}", step.host,
                        program.buffers[buffers.front()].name, describe_grid(first),
                        program.buffers[buffer].name, describe_grid(here)),
            "requantize goes from one grid to another");
      }
    }
  }
}

void spread_grids(Program& program, std::vector<bool>& is_known) {
  bool has_changed = true;
  while (has_changed) {  // each turn settles a buffer at least
    has_changed = false;
    for (const ProgramPhase& phase : program.phases) {
      for (const ProgramStep& step : phase.steps) {
        const std::vector<size_t> buffers = copied_among(program, step);
        const auto known = std::ranges::find_if(buffers, [&](size_t buffer) { return is_known[buffer]; });
        if (known == buffers.end()) continue;
        for (const size_t buffer : buffers) {
          if (is_known[buffer]) continue;
          program.buffers[buffer].qparams = program.buffers[*known].qparams;
          is_known[buffer] = has_changed = true;
        }
      }
    }
  }
}

}  // namespace vernier::core
