#include "program/program_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "program/codes.h"
#include "program/grids.h"
#include "program/host_step.h"
#include "program/phase_buffers.h"
#include "quantization/exact.h"
#include "text/nearest.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

Tensor copied(const Tensor& x) {
  Tensor result = Tensor::allocate(x.dtype, x.shape);
  std::memcpy(result.mutable_as<std::byte>(), x.data, x.bytes());
  return result;
}

// The same error; one that does not say where gets the place, others a note.
Error placed_error(const Error& error, const std::string& where, const std::string& pass) {
  const std::string place = fmt::format("{}, {}", where, pass);
  if (!error.diagnostics().front().where.empty())
    return with_note(error, {"it was run by a step of a program", place, ""});
  std::vector<Diagnostic> all = error.diagnostics();
  all.front().where = place;
  return Error(error.kind(), std::move(all)).with(error.status());
}

}  // namespace

class ProgramRun::HostCall : public StepRun {
 public:
  HostCall(ProgramRun& run, const ProgramStep& step) : run_(run), step_(step) {}

  [[nodiscard]] const Tensor& content(std::string_view input) const override {
    return run_.buffers_[buffer(step_.inputs, input)];
  }
  [[nodiscard]] Tensor values(std::string_view input) const override {
    const size_t place = buffer(step_.inputs, input);
    return real_values(run_.buffers_[place], run_.runner_.grid(place));
  }
  [[nodiscard]] const Shape& shape(std::string_view output) const override {
    return run_.program_.buffers[buffer(step_.outputs, output)].shape;
  }
  [[nodiscard]] Tensor& to_change(std::string_view output) override {
    const size_t place = buffer(step_.outputs, output);
    Tensor& x = run_.buffers_[place];
    if (!run_.is_own_[place] || x.owner.use_count() != 1) x = copied(x);
    run_.is_own_[place] = true;
    return x;
  }
  void give_content(std::string_view output, Tensor content) override {
    put(buffer(step_.outputs, output), std::move(content));
  }
  void give_values(std::string_view output, const Tensor& values) override {
    const size_t place = buffer(step_.outputs, output);
    put(place, buffer_content(values, run_.runner_.grid(place)));
  }
  void fill(std::string_view output, double value) override {
    const size_t place = buffer(step_.outputs, output);
    const ProgramBuffer& to = run_.program_.buffers[place];
    put(place, filled(to.dtype, to.shape, value, run_.runner_.grid(place)));
  }
  [[nodiscard]] Tensor look_up(const std::string& table, const Tensor& rows) override {
    const auto& tables = run_.program_.tables;
    const auto found = std::ranges::lower_bound(tables, table, {}, &ProgramTable::name);
    return run_.runner_.look_up(static_cast<size_t>(found - tables.begin()), rows);
  }
  [[nodiscard]] int64_t pictures() const override { return run_.counter(Counter::kPictures); }
  [[nodiscard]] int64_t count(const std::string& argument) const override {
    return std::get<Count>(step_.arguments.at(argument)).at(run_.counters_);
  }
  [[nodiscard]] double number(const std::string& argument) const override {
    return std::get<double>(step_.arguments.at(argument));
  }
  [[nodiscard]] bool flag(const std::string& argument) const override {
    return std::get<bool>(step_.arguments.at(argument));
  }
  [[nodiscard]] const std::string& word(const std::string& argument) const override {
    return std::get<std::string>(step_.arguments.at(argument));
  }

 private:
  void put(size_t place, Tensor content) {
    run_.buffers_[place] = std::move(content);
    run_.is_own_[place] = false;  // a step may hand on what it was given
  }
  static size_t buffer(const std::vector<Wire>& wires, std::string_view name) {
    return std::ranges::find(wires, name, &Wire::name)->buffer;  // the schema requires each
  }

  ProgramRun& run_;
  const ProgramStep& step_;
};

ProgramRun::ProgramRun(const Program& program, UnitRunner& runner, const RunControl& control, Watch watch)
    : program_(program),
      runner_(runner),
      control_(control),
      watch_(std::move(watch)),
      buffers_(program.buffers.size()),
      is_own_(program.buffers.size()) {
  require_equal_grids(program, [&runner](size_t buffer) { return runner.grid(buffer); });
  for (const ProgramPhase& phase : program.phases) ends_.push_back(scratch_ends(program, phase));
}

void ProgramRun::begin(const Request& request) {
  open(request);
  run_through();
}

void ProgramRun::open(const Request& request) {
  OpenedRequest opened = open_request(program_, request, runner_);
  counters_ = {};
  set(Counter::kPrompt, opened.prompt);
  set(Counter::kPictures, opened.pictures);
  buffers_ = std::move(opened.buffers);
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const ProgramBuffer& buffer = program_.buffers[i];
    is_own_[i] = buffer.fill && buffer.role != BufferRole::kRequest;
    if (is_own_[i]) buffers_[i] = filled(buffer.dtype, buffer.shape, *buffer.fill, runner_.grid(i));
  }
  std::vector<Pass> passes;
  for (size_t i = 0; i < program_.phases.size(); ++i) {
    const PhaseRuns runs = program_.phases[i].runs;
    if (runs == PhaseRuns::kEachToken) break;
    const int64_t count = runs == PhaseRuns::kOnce ? 1 : opened.pictures;
    for (int64_t picture = 0; picture < count; ++picture) passes.push_back({i, picture});
  }
  start(std::move(passes), opened.prompt);
}

bool ProgramRun::has_room() const {
  return program_.generation && program_.phases.back().runs == PhaseRuns::kEachToken &&
         past() < program_.generation->context;
}

void ProgramRun::decode(int32_t token) {
  open_token(token, past());
  run_through();
}

void ProgramRun::open_token(int32_t token, int64_t past) {
  set(Counter::kPast, past);
  if (!program_.generation || program_.phases.back().runs != PhaseRuns::kEachToken)
    throw data_error(fmt::format("program {} has no phase that runs each_token", program_.name),
                     program_.source);
  if (!has_room())
    throw data_error(fmt::format("the context is full: {} tokens were run, and it has room for {}", past,
                                 program_.generation->context),
                     program_.source);
  require_token(program_, token);
  const ProgramBuffer& buffer = program_.buffers[program_.generation->token];
  buffers_[program_.generation->token] = filled(buffer.dtype, buffer.shape, token, nullptr);
  std::vector<Pass> passes;
  for (size_t i = 0; i < program_.phases.size(); ++i) {
    if (program_.phases[i].runs == PhaseRuns::kEachToken) passes.push_back({i, counter(Counter::kPicture)});
  }
  start(std::move(passes), past + 1);
}

int32_t ProgramRun::token() const {
  if (!program_.generation) throw internal_error("a program without generation was asked for its token");
  return *buffers_[program_.generation->token].as<int32_t>();
}

size_t ProgramRun::place_of(const std::string& buffer) const {
  const ProgramBuffer* found = program_.find_buffer(buffer);
  if (found == nullptr) {
    std::vector<std::string> names;
    for (const ProgramBuffer& one : program_.buffers) names.push_back(one.name);
    throw usage_error(fmt::format("program {} has no buffer {}", program_.name, buffer), program_.source,
                      did_you_mean(buffer, names));
  }
  return static_cast<size_t>(found - program_.buffers.data());
}

Tensor ProgramRun::content(const std::string& buffer) const {
  const Tensor& x = buffers_[place_of(buffer)];
  if (!x.defined()) throw data_error(fmt::format("buffer {} holds nothing now", buffer), program_.source);
  return x;
}

Tensor ProgramRun::value(const std::string& buffer) const {
  const Tensor x = content(buffer);
  const QParams* grid = runner_.grid(place_of(buffer));
  return grid == nullptr ? x : to_single(real_values(x, grid));
}

std::string ProgramRun::describe_pass(const ProgramPhase& phase) const {
  if (phase.runs == PhaseRuns::kEachPicture)
    return fmt::format("phase {}, picture {}", phase.name, counter(Counter::kPicture));
  if (phase.runs == PhaseRuns::kEachToken) return fmt::format("phase {}, past {}", phase.name, past());
  return fmt::format("phase {}", phase.name);
}

void ProgramRun::start(std::vector<Pass> passes, int64_t past) {
  passes_ = std::move(passes);
  pass_ = step_ = 0;
  past_after_ = past;
}

// An error of the step gets its place.
template <typename Act>
void ProgramRun::in_place(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw placed_error(error, fmt::format("{} ({})", program_.source, step().pointer),
                       describe_pass(phase()));
  }
}

void ProgramRun::end_step() {
  for (const size_t buffer : ends_[passes_[pass_].phase][step_]) buffers_[buffer] = {};
  ++step_;
}

const ProgramStep* ProgramRun::to_unit() {
  for (; pass_ < passes_.size(); ++pass_, step_ = 0) {
    set(Counter::kPicture, passes_[pass_].picture);
    while (step_ < phase().steps.size()) {
      control_.check();
      if (step().unit) return &step();
      in_place([this] {
        HostCall call(*this, step());
        find_host_step(step().host)->run(call);
      });
      end_step();
    }
  }
  set(Counter::kPast, past_after_);
  return nullptr;
}

std::vector<Tensor> ProgramRun::unit_inputs() const {
  std::vector<Tensor> inputs;
  for (const Wire& wire : step().inputs) inputs.push_back(buffers_[wire.buffer]);
  return inputs;
}

void ProgramRun::give(std::vector<Tensor> results) {
  in_place([&] {
    if (results.size() != step().outputs.size())
      throw data_error(fmt::format("unit {} gives {} results; the program has {}",
                                   program_.units[*step().unit].name, results.size(), step().outputs.size()));
    for (size_t i = 0; i < results.size(); ++i) take(step(), i, std::move(results[i]));
  });
  end_step();
}

void ProgramRun::pass() { end_step(); }

void ProgramRun::run_unit() {
  std::vector<Tensor> results;
  in_place([&] {
    const std::vector<Tensor> inputs = unit_inputs();
    if (watch_) watch_({*step().unit, phase(), step(), counters_, inputs});
    results = runner_.run(*step().unit, inputs);
  });
  give(std::move(results));
}

void ProgramRun::run_through() {
  while (to_unit() != nullptr) run_unit();
}

void ProgramRun::take(const ProgramStep& step, size_t output, Tensor result) {
  const size_t place = step.outputs[output].buffer;
  const ProgramBuffer& buffer = program_.buffers[place];
  const QParams* grid = runner_.grid(place);
  if (buffer.dtype != kFloat32 && result.dtype.is_integer()) result = as_integers(result, buffer.dtype);
  const TensorType wanted{grid == nullptr ? buffer.dtype : grid->dtype, buffer.shape};
  const TensorType found{result.dtype, result.shape};
  if (!(found == wanted))
    throw data_error(fmt::format("{} of unit {} is {}; its buffer {} is {}", step.outputs[output].name,
                                 program_.units[*step.unit].name, to_string(found), buffer.name,
                                 to_string(wanted)));
  buffers_[place] = std::move(result);
  is_own_[place] = false;
}

}  // namespace vernier::core
