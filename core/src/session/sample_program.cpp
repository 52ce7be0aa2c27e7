#include "session/sample_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "program/codes.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

const RequestLength* counted_by(const ProgramBuffer& buffer, Counter counter) {
  const auto found =
      std::ranges::find_if(buffer.lengths, [&](const RequestLength& one) { return one.counter == counter; });
  return buffer.role != BufferRole::kRequest || found == buffer.lengths.end() ? nullptr : &*found;
}

// The request's tensor that is the prompt.
const ProgramBuffer& tokens_buffer(const Program& program) {
  const ProgramBuffer* tokens = nullptr;
  for (const ProgramBuffer& buffer : program.buffers) {
    const RequestLength* length = counted_by(buffer, Counter::kPrompt);
    if (length == nullptr) continue;
    if (tokens != nullptr && tokens->of != buffer.of)
      throw data_error(
          fmt::format("{} and {} both have the prompt's length; samples of such a program are not "
                      "made yet",
                      tokens->of, buffer.of),
          program.source);
    if (buffer.shape != Shape{1, buffer.shape.back()} || length->axis != 1 || buffer.dtype != kInt32)
      throw data_error(fmt::format("{} is {}; samples are made of int32 tokens [1, tokens]", buffer.of,
                                   to_string(buffer.type())),
                       program.source);
    tokens = &buffer;
  }
  if (tokens == nullptr) throw data_error("no tensor of a request is the prompt", program.source);
  return *tokens;
}

Tensor token_row(const std::vector<int32_t>& tokens) {
  Tensor row = Tensor::allocate(kInt32, {1, static_cast<int64_t>(tokens.size())});
  std::ranges::copy(tokens, row.mutable_as<int32_t>());
  return row;
}

// Indices [0, count) of an axis.
Tensor first_of(const Tensor& x, size_t axis, int64_t count) {
  Shape shape = x.shape;
  shape[axis] = count;
  Tensor result = Tensor::allocate(x.dtype, shape);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= x.shape[i];
  for (size_t i = axis + 1; i < x.shape.size(); ++i) inner *= x.shape[i];
  const uint64_t from = x.dtype.bytes(static_cast<uint64_t>(x.shape[axis] * inner)),
                 to = x.dtype.bytes(static_cast<uint64_t>(count * inner));
  for (int64_t i = 0; i < outer; ++i)
    std::memcpy(result.mutable_as<std::byte>() + static_cast<uint64_t>(i) * to,
                x.data + static_cast<uint64_t>(i) * from, to);
  return result;
}

// How many indices of the axis hold something other than what fills the rest of a shorter request.
int64_t filled_to(const Tensor& integers, size_t axis, int64_t fill) {
  const Tensor x = as_integers(integers, kInt64);
  int64_t inner = 1, count = 0;
  for (size_t i = axis + 1; i < x.shape.size(); ++i) inner *= x.shape[i];
  for (int64_t i = 0; i < x.elements(); ++i) {
    if (x.as<int64_t>()[i] != fill) count = std::max(count, i / inner % x.shape[axis] + 1);
  }
  return count;
}

// Takes from pictures the slots at the end that none of them has a patch in.
void trim_pictures(const Program& program, OwnRequest& own) {
  std::optional<size_t> axis;
  int64_t count = 0;
  for (const ProgramBuffer& buffer : program.buffers) {
    if (counted_by(buffer, Counter::kPictures) == nullptr || !own.request.contains(buffer.of)) continue;
    const Tensor& x = own.request.at(buffer.of);
    if (x.shape.empty()) continue;
    own.pictures = x.shape.front();
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter || length.axis >= x.shape.size()) continue;
      axis = length.axis;
      if (buffer.dtype == kFloat32 || !x.dtype.is_integer() || !buffer.fill) continue;
      count =
          std::max({count, length.minimum, filled_to(x, length.axis, static_cast<int64_t>(*buffer.fill))});
    }
  }
  if (!axis || own.pictures == 0) return;
  for (const ProgramBuffer& buffer : program.buffers) {
    if (counted_by(buffer, Counter::kPictures) == nullptr || !own.request.contains(buffer.of)) continue;
    Tensor& x = own.request.at(buffer.of);
    const bool has_slots = std::ranges::any_of(buffer.lengths, [&](const RequestLength& one) {
      return !one.counter && one.axis == *axis && *axis < x.shape.size();
    });
    if (!has_slots) continue;
    if (count == 0) count = x.shape[*axis];
    if (x.shape[*axis] > count) x = first_of(x, *axis, count);
  }
  own.slots = count;
}

bool depends_on_prompt(const ProgramStep& step) {
  return std::ranges::any_of(step.arguments, [](const auto& one) {
    const auto* count = std::get_if<Count>(&one.second);
    return count != nullptr && count->counter == Counter::kPrompt;
  });
}

bool touches(const std::vector<Wire>& wires, const std::set<size_t>& buffers) {
  return std::ranges::any_of(wires, [&](const Wire& wire) { return buffers.contains(wire.buffer); });
}

// Units run for what they see; other steps where something needs what they write, or they refuse a request.
bool is_needed(const ProgramStep& step, const std::set<size_t>& needed) {
  return step.unit || step.outputs.empty() || touches(step.outputs, needed);
}

// What steps that are needed read. `tokens`: those of each_token phases, too, whose token is given.
std::set<size_t> needed_buffers(const Program& program, bool tokens) {
  std::set<size_t> needed;
  for (size_t before = needed.size() + 1; before != needed.size();) {
    before = needed.size();
    for (const ProgramPhase& phase : program.phases) {
      if (phase.runs == PhaseRuns::kEachToken && !tokens) continue;
      for (const ProgramStep& step : phase.steps) {
        if (!is_needed(step, needed)) continue;
        for (const Wire& wire : step.inputs) needed.insert(wire.buffer);
      }
    }
    if (program.generation) needed.erase(program.generation->token);
  }
  return needed;
}

void drop_idle_steps(Program& program, const std::set<size_t>& needed) {
  for (ProgramPhase& phase : program.phases)
    std::erase_if(phase.steps, [&](const ProgramStep& step) { return !is_needed(step, needed); });
}

ProgramStep for_prompt(ProgramStep step, int64_t prompt) {
  for (auto& [name, argument] : step.arguments) {
    auto* count = std::get_if<Count>(&argument);
    if (count == nullptr || count->counter != Counter::kPrompt) continue;
    *count = Count::of(count->factor * prompt + count->term);
  }
  return step;
}

// The steps that depend on the prompt's length go to the end of the phase, once for each length.
void repeat_tail(ProgramPhase& phase, const std::vector<int64_t>& prompts) {
  std::set<size_t> written;
  std::vector<ProgramStep> head, tail;
  for (ProgramStep& step : phase.steps) {
    if (!depends_on_prompt(step) && !touches(step.inputs, written)) {
      head.push_back(std::move(step));
      continue;
    }
    for (const Wire& wire : step.outputs) written.insert(wire.buffer);
    tail.push_back(std::move(step));
  }
  phase.steps = std::move(head);
  for (const int64_t prompt : prompts) {
    for (const ProgramStep& step : tail) phase.steps.push_back(for_prompt(step, prompt));
  }
}

// Prompts have all rows. Returns how many that are.
int64_t allow_whole_prompts(Program& program) {
  int64_t most = 0;
  for (ProgramBuffer& buffer : program.buffers) {
    for (RequestLength& length : buffer.lengths) {
      if (length.counter == Counter::kPrompt) most = length.maximum = buffer.shape[length.axis];
    }
  }
  return most;
}

std::vector<int64_t> prompts_from(int64_t first, int64_t last) {
  std::vector<int64_t> prompts;
  for (int64_t prompt = first; prompt <= last; ++prompt) prompts.push_back(prompt);
  return prompts;
}

}  // namespace

std::map<std::string, std::optional<int64_t>> OwnRequest::bindings() const {
  std::map<std::string, std::optional<int64_t>> result = {{"sequence", tokens}, {"pictures", pictures}};
  if (pictures == 0) result["image_slots"] = std::nullopt;
  if (slots > 0) result["image_slots"] = slots;
  return result;
}

Request OwnRequest::without_last() const {
  Request shorter = request;
  shorter[tokens_name] = first_of(request.at(tokens_name), 1, tokens - 1);
  return shorter;
}

int32_t OwnRequest::last() const { return request.at(tokens_name).as<int32_t>()[tokens - 1]; }

bool has_own_extents(const Program& program, const ProgramSample& sample) {
  const auto answer = static_cast<int64_t>(sample.answer.size());
  return sample.request.at(tokens_buffer(program).of).elements() + std::max<int64_t>(answer - 1, 0) >= 2;
}

OwnRequest own_request(const Program& program, const ProgramSample& sample) {
  OwnRequest own;
  own.request = sample.request;
  own.tokens_name = tokens_buffer(program).of;
  const auto found = own.request.find(own.tokens_name);
  if (found == own.request.end() || !found->second.dtype.is_integer())
    throw data_error(fmt::format("it has no tokens {}", own.tokens_name));
  if (found->second.shape.size() != 2 || found->second.shape.front() != 1)
    throw data_error(
        fmt::format("{} is {}; tokens are [1, tokens]", own.tokens_name, to_string(found->second.shape)));
  const Tensor prompt = as_integers(found->second, kInt32);
  std::vector<int32_t> tokens(prompt.as<int32_t>(), prompt.as<int32_t>() + prompt.elements());
  own.prompt = static_cast<int64_t>(tokens.size());
  if (sample.answer.size() > 1) tokens.insert(tokens.end(), sample.answer.begin(), sample.answer.end() - 1);
  own.tokens = static_cast<int64_t>(tokens.size());
  if (own.tokens < 2)
    throw data_error(fmt::format("prompt and answer have {} tokens that something follows", own.tokens), "",
                     "a sample has 2 at least: one that the caches hold, and one behind it");
  const int64_t context = program.generation ? program.generation->context : own.tokens;
  if (own.tokens > context)
    throw data_error(
        fmt::format("prompt and answer have {} tokens, and the program's context is {}", own.tokens, context),
        "", "leave the sample out, or make the profile's sequence longer");
  own.request[own.tokens_name] = token_row(tokens);
  trim_pictures(program, own);
  return own;
}

bool has_pictures(const Program& program, const Request& request) {
  return std::ranges::any_of(program.buffers, [&](const ProgramBuffer& buffer) {
    if (counted_by(buffer, Counter::kPictures) == nullptr) return false;
    const auto found = request.find(buffer.of);
    return found != request.end() && !found->second.shape.empty() && found->second.shape.front() > 0;
  });
}

std::vector<bool> units_for_tokens_alone(const Program& program) {
  std::vector<bool> result(program.units.size(), true);
  for (const ProgramPhase& phase : program.phases) {
    if (phase.runs == PhaseRuns::kEachToken) continue;
    for (const ProgramStep& step : phase.steps) {
      if (step.unit) result[*step.unit] = false;
    }
  }
  return result;
}

Program prefill_of(Program program, int64_t first_prompt) {
  std::erase_if(program.phases,
                [](const ProgramPhase& phase) { return phase.runs == PhaseRuns::kEachToken; });
  const int64_t most = allow_whole_prompts(program);
  drop_idle_steps(program, needed_buffers(program, false));
  for (ProgramPhase& phase : program.phases) {
    if (phase.runs == PhaseRuns::kOnce) repeat_tail(phase, prompts_from(first_prompt, most));
  }
  return program;
}

Program calibration_of(Program program, int64_t first_prompt) {
  const int64_t most = allow_whole_prompts(program);
  const std::set<size_t> before = needed_buffers(program, false);
  drop_idle_steps(program, needed_buffers(program, true));
  std::set<size_t> read_later;
  for (const ProgramPhase& phase : program.phases) {
    if (phase.runs != PhaseRuns::kEachToken) continue;
    for (const ProgramStep& step : phase.steps) {
      for (const Wire& wire : step.inputs) read_later.insert(wire.buffer);
    }
  }
  for (ProgramPhase& phase : program.phases) {
    if (phase.runs != PhaseRuns::kOnce) continue;
    bool leaves_something = false;
    for (ProgramStep& step : phase.steps) {
      if (depends_on_prompt(step) && !is_needed(step, before)) step = for_prompt(std::move(step), most - 1);
      leaves_something = leaves_something || (depends_on_prompt(step) && touches(step.outputs, read_later));
    }
    std::vector<int64_t> prompts = prompts_from(first_prompt, most);
    if (leaves_something) {  // what the last one leaves stays
      std::erase(prompts, most - 1);
      prompts.push_back(most - 1);
    }
    repeat_tail(phase, prompts);
  }
  return program;
}

}  // namespace vernier::core
