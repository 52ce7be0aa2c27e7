// Any bytes as a program document: refused with Error that says where, or a program that is written and read
// as the same, and whose run over units that give zeros ends.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "program/codes.h"
#include "program/generate.h"
#include "program/read_program.h"
#include "vernier/core/error.h"

using namespace vernier::core;

namespace {

constexpr int64_t kMostElements = 1 << 16;  // of all buffers that a run is tried with

class Zeros : public UnitRunner {
 public:
  explicit Zeros(const Program& program) : program_(program) {
    for (const ProgramPhase& phase : program.phases) {
      for (const ProgramStep& step : phase.steps) {
        if (step.unit) steps_[*step.unit] = &step;
      }
    }
  }
  std::vector<Tensor> run(size_t unit, std::span<const Tensor>) override {
    std::vector<Tensor> results;
    for (const Wire& wire : steps_.at(unit)->outputs) {
      const ProgramBuffer& buffer = program_.buffers[wire.buffer];
      results.push_back(filled(buffer.dtype, buffer.shape, 0, grid(wire.buffer)));
    }
    return results;
  }
  const QParams* grid(size_t buffer) const override {
    const auto& qparams = program_.buffers[buffer].qparams;
    return qparams ? &*qparams : nullptr;
  }
  Tensor look_up(size_t table, const Tensor& rows) override {
    return filled(vernier::kFloat32, {rows.elements(), program_.tables[table].columns}, 0, nullptr);
  }

 private:
  const Program& program_;
  std::map<size_t, const ProgramStep*> steps_;
};

// With requests as long, or as short, as they may be.
void run(const Program& program, bool is_long) {
  int64_t elements = 0;
  Request request;
  for (const ProgramBuffer& buffer : program.buffers) {
    const int64_t more = element_count(buffer.shape);
    if (more > kMostElements || (elements += more) > kMostElements) return;
    if (buffer.role != BufferRole::kRequest) continue;
    Shape shape = buffer.shape;
    for (const RequestLength& length : buffer.lengths)
      shape[length.axis] = is_long ? length.maximum : length.minimum;
    request[buffer.of] = filled(buffer.dtype, shape, 0, nullptr);
  }
  Zeros units(program);
  try {
    ProgramRun one(program, units);
    one.begin(request);
    for (int i = 0; i < 3 && one.has_room(); ++i) one.decode(0);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Program program = read_program({reinterpret_cast<const char*>(data), size}, "p.json");
    const nlohmann::json written = program_json(program);
    if (program_json(read_program(written.dump(), "again.json")) != written) std::abort();
    run(program, true);
    run(program, false);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData || error.diagnostics().front().where.empty()) std::abort();
  }
  return 0;
}
