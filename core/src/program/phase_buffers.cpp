#include "program/phase_buffers.h"

namespace vernier::core {

std::vector<std::vector<size_t>> scratch_ends(const Program& program, const ProgramPhase& phase) {
  std::vector<std::vector<size_t>> ends(phase.steps.size());
  std::vector<bool> is_known(program.buffers.size());
  for (size_t i = phase.steps.size(); i-- > 0;) {
    for (const auto* wires : {&phase.steps[i].inputs, &phase.steps[i].outputs}) {
      for (const Wire& wire : *wires) {
        if (program.buffers[wire.buffer].role != BufferRole::kScratch || is_known[wire.buffer]) continue;
        is_known[wire.buffer] = true;
        ends[i].push_back(wire.buffer);
      }
    }
  }
  return ends;
}

uint64_t staying_bytes(const Program& program) {
  uint64_t sum = 0;
  for (const ProgramBuffer& buffer : program.buffers) {
    if (buffer.role != BufferRole::kScratch) sum += buffer.bytes();
  }
  return sum;
}

ScratchBytes::ScratchBytes(const Program& program, const ProgramPhase& phase)
    : program_(program), phase_(phase), ends_(scratch_ends(program, phase)) {}

void ScratchBytes::make(size_t step) {
  for (const Wire& wire : phase_.steps[step].outputs) {
    const ProgramBuffer& buffer = program_.buffers[wire.buffer];
    if (buffer.role == BufferRole::kScratch && there_.insert(wire.buffer).second) now_ += buffer.bytes();
  }
}

void ScratchBytes::drop(size_t step) {
  for (const size_t buffer : ends_[step]) {
    if (there_.erase(buffer) > 0) now_ -= program_.buffers[buffer].bytes();
  }
}

}  // namespace vernier::core
