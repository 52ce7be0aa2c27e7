#include "session/sample_run.h"

#include <algorithm>
#include <utility>

namespace vernier::core {

namespace {

std::vector<bool> read_buffers(const Program& program) {
  std::vector<bool> is_read(program.buffers.size());
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps) {
      for (const Wire& wire : step.inputs) is_read[wire.buffer] = true;
    }
  }
  return is_read;
}

}  // namespace

// Buffers are in the run while it lives, and in the store before and after.
class SampleRun::Awake {
 public:
  explicit Awake(SampleRun& run) : run_(run) {
    std::vector<Tensor> buffers(run_.program_.buffers.size());
    for (auto& [buffer, waiting] : run_.waiting_) {
      waiting.loaded = run_.store_.get(waiting.id);
      buffers[buffer] = waiting.loaded;
    }
    run_.run_.swap_buffers(buffers);
  }
  ~Awake() = default;
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;

  // Throws what the store throws.
  void sleep() {
    std::vector<Tensor> buffers(run_.program_.buffers.size());
    run_.run_.swap_buffers(buffers);
    for (size_t i = 0; i < buffers.size(); ++i) {
      const auto found = run_.waiting_.find(i);
      const bool is_there = found != run_.waiting_.end();
      if (is_there && buffers[i].data == found->second.loaded.data) {
        found->second.loaded = {};
        continue;
      }
      if (is_there) {
        run_.store_.drop(found->second.id);
        run_.waiting_.erase(found);
      }
      if (buffers[i].defined()) run_.waiting_[i] = {run_.store_.take(std::move(buffers[i])), {}};
    }
  }

 private:
  SampleRun& run_;
};

SampleRun::SampleRun(const OwnRequest& own, const Program& program, Places places, UnitRunner& units,
                     const RunControl& control, Store& store)
    : last_(own.last()),
      past_(own.tokens - 1),
      program_(program),
      places_(std::move(places)),
      store_(store),
      is_read_(read_buffers(program)),
      run_(program, units, control) {
  Awake awake(*this);
  run_.open(own.request);
  go_on();
  awake.sleep();
}

SampleRun::~SampleRun() {
  for (const auto& [buffer, waiting] : waiting_) store_.drop(waiting.id);
  for (const auto& [call, ids] : kept_) {
    for (const Store::Id id : ids) store_.drop(id);
  }
}

bool SampleRun::is_past(const SampleCall& call) const {
  const auto found = calls_.find(call.unit);
  return found != calls_.end() && call.place < found->second && at_ != call;
}

std::optional<std::vector<Tensor>> SampleRun::inputs(const SampleCall& call) {
  std::vector<Tensor> inputs;
  if (const auto kept = kept_.find(call); kept != kept_.end()) {
    for (const Store::Id id : kept->second) inputs.push_back(store_.get(id));
    return inputs;
  }
  if (is_past(call)) return std::nullopt;
  Awake awake(*this);
  while (at_ != call) {
    if (!at_) throw internal_error("a program runs a unit less often than it has steps");
    pass();
  }
  is_asked_ = true;
  inputs = run_.unit_inputs();
  awake.sleep();
  return inputs;
}

void SampleRun::give(std::vector<Tensor> outputs) {
  Awake awake(*this);
  run_.give(std::move(outputs));
  go_on();
  awake.sleep();
}

void SampleRun::forget(size_t unit) {
  std::erase_if(kept_, [&](const auto& one) {
    if (one.first.unit != unit) return false;
    for (const Store::Id id : one.second) store_.drop(id);
    return true;
  });
}

// Goes on although nobody ran the call at which it stands.
void SampleRun::pass() {
  if (!is_asked_) {
    std::vector<Store::Id>& ids = kept_[*at_];
    for (const Tensor& x : run_.unit_inputs()) ids.push_back(store_.take(x));
  }
  run_here(*step_);
  go_on();
}

void SampleRun::run_here(const ProgramStep& step) {
  const bool is_wanted =
      std::ranges::any_of(step.outputs, [this](const Wire& wire) { return is_read_[wire.buffer]; });
  if (is_wanted)
    run_.run_unit();
  else
    run_.pass();
}

void SampleRun::go_on() {
  at_.reset();
  is_asked_ = false;
  const bool has_tokens = std::ranges::find(places_.is_for_tokens, true) != places_.is_for_tokens.end();
  for (;;) {
    step_ = run_.to_unit();
    if (step_ == nullptr) {
      if (decodes_ || !has_tokens) return;
      decodes_ = true;
      run_.open_token(last_, past_);
      continue;
    }
    const size_t unit = *step_->unit;
    if (places_.is_for_tokens[unit] == decodes_) {
      at_ = SampleCall{places_.unit[unit], calls_[places_.unit[unit]]++};
      return;
    }
    run_here(*step_);
  }
}

}  // namespace vernier::core
