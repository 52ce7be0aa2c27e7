// What must hold of a program beyond its schema, but for the order of steps: names, lengths of requests,
// shapes that the steps of one unit agree on, host steps, generation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "program/document.h"
#include "program/host_step.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class ProgramCheck {
 public:
  explicit ProgramCheck(const Program& program) : program_(program) {}

  void check() {
    for (const ProgramBuffer& buffer : program_.buffers) check_buffer(buffer);
    check_counters();
    check_phases();
    if (program_.generation) check_generation(*program_.generation);
    for (size_t phase = 0; phase < program_.phases.size(); ++phase) check_steps(phase);
    for (size_t i = 0; i < program_.units.size(); ++i) {
      if (!types_.contains(i))
        at("units").at(i).refuse(fmt::format("no step runs unit {}", program_.units[i].name));
    }
  }

 private:
  [[nodiscard]] DocumentPlace at(std::string_view key) const {
    return DocumentPlace{program_.source, ""}.at(key);
  }

  void check_buffer(const ProgramBuffer& buffer) const {
    const DocumentPlace place = at("buffers").at(buffer.name);
    const bool is_float = buffer.dtype == kFloat32;
    if (buffer.fill && buffer.role == BufferRole::kScratch)
      place.at("fill").refuse("a scratch buffer holds nothing before it is written",
                              "role \"state\" keeps a fill");
    if (buffer.fill && !is_float) {
      const double limit = buffer.dtype == kInt32 ? 2147483647.0 : 9007199254740992.0;
      if (*buffer.fill != std::trunc(*buffer.fill) || std::abs(*buffer.fill) > limit)
        place.at("fill").refuse(fmt::format("{} is no {}", *buffer.fill, buffer.dtype.name()));
    }
    if (is_float && (buffer.minimum || buffer.maximum)) place.refuse("minimum and maximum are for integers");
    if (buffer.minimum && buffer.maximum && *buffer.minimum > *buffer.maximum)
      place.at("minimum").refuse("it is greater than the maximum");
    if (!is_float && buffer.qparams) place.at("qparams").refuse("integers have no codes");
    check_lengths(buffer, place);
  }

  static void check_lengths(const ProgramBuffer& buffer, const DocumentPlace& place) {
    std::set<size_t> axes;
    for (size_t i = 0; i < buffer.lengths.size(); ++i) {
      const RequestLength& length = buffer.lengths[i];
      const DocumentPlace here = place.at("lengths").at(i);
      if (length.axis >= buffer.shape.size())
        here.at("axis").refuse(fmt::format("{} has no axis {}", to_string(buffer.shape), length.axis));
      if (!axes.insert(length.axis).second)
        here.at("axis").refuse(fmt::format("axis {} is there twice", length.axis));
      if (length.minimum > length.maximum || length.maximum > buffer.shape[length.axis])
        here.refuse(fmt::format("lengths from {} to {} on an axis of {}", length.minimum, length.maximum,
                                buffer.shape[length.axis]));
      if (length.minimum == 0 && length.counter != Counter::kPictures)
        here.at("minimum").refuse("only pictures may be none");
    }
    if (!buffer.lengths.empty() && !buffer.fill)
      place.refuse("a request that may be shorter needs a fill for the rest");
  }

  // Buffers that count the same agree on how many there may be.
  void check_counters() const {
    for (const Counter counter : {Counter::kPrompt, Counter::kPictures}) {
      const RequestLength* first = nullptr;
      for (const ProgramBuffer& buffer : program_.buffers) {
        for (const RequestLength& length : buffer.lengths) {
          if (length.counter != counter) continue;
          if (first != nullptr && (first->minimum != length.minimum || first->maximum != length.maximum))
            at("buffers")
                .at(buffer.name)
                .at("lengths")
                .refuse(fmt::format("{} is {} to {} here, and {} to {} in another buffer", to_string(counter),
                                    length.minimum, length.maximum, first->minimum, first->maximum));
          first = &length;
        }
      }
    }
  }

  void check_phases() const {
    std::set<std::string> names;
    bool has_tokens = false;
    for (size_t i = 0; i < program_.phases.size(); ++i) {
      const ProgramPhase& phase = program_.phases[i];
      const DocumentPlace place = at("phases").at(i);
      if (!names.insert(phase.name).second)
        place.at("name").refuse(fmt::format("phase {} is there twice", phase.name));
      if (phase.runs == PhaseRuns::kEachToken)
        has_tokens = true;
      else if (has_tokens)
        place.at("runs").refuse("phases that run each_token are the last ones");
      if (phase.runs == PhaseRuns::kEachPicture &&
          !counter_ranges(program_, phase.runs)[static_cast<size_t>(Counter::kPictures)])
        place.at("runs").refuse("no request buffer counts pictures");
    }
    if (has_tokens && !program_.generation)
      at("phases").refuse("a phase runs each_token, and \"generation\" says nothing of tokens");
  }

  void check_generation(const Generation& generation) const {
    const DocumentPlace place = at("generation");
    const ProgramBuffer &token = program_.buffers[generation.token],
                        &logits = program_.buffers[generation.logits];
    if (token.dtype != kInt32 || element_count(token.shape) != 1 || token.role == BufferRole::kScratch ||
        token.role == BufferRole::kRequest)
      place.at("token").refuse(fmt::format("{} is a {} of {}; it is to be one int32 of role state or result",
                                           token.name, to_string(token.role), to_string(token.type())));
    if (logits.dtype != kFloat32 || logits.role != BufferRole::kResult)
      place.at("logits").refuse(fmt::format("{} is a {} of {}; it is to be a result of float32", logits.name,
                                            to_string(logits.role), to_string(logits.type())));
    const auto prompt = counter_ranges(program_, PhaseRuns::kOnce)[static_cast<size_t>(Counter::kPrompt)];
    if (!prompt) place.refuse("no request buffer counts the prompt");
    if (generation.context < prompt->high)
      place.at("context").refuse(
          fmt::format("a prompt may have {} tokens, the context has {}", prompt->high, generation.context));
    for (const auto& [runs, word] :
         {std::pair(PhaseRuns::kOnce, "once"), std::pair(PhaseRuns::kEachToken, "each_token")}) {
      bool has_phase = runs == PhaseRuns::kOnce, writes = false;
      for (const ProgramPhase& phase : program_.phases) {
        if (phase.runs != runs) continue;
        has_phase = true;
        for (const ProgramStep& step : phase.steps)
          writes = writes || std::ranges::any_of(step.outputs, [&](const Wire& wire) {
                     return wire.buffer == generation.token;
                   });
      }
      if (has_phase && !writes)
        place.at("token").refuse(fmt::format("no phase that runs {} writes {}", word, token.name));
    }
  }

  void check_steps(size_t phase) {
    const CounterRanges counters = counter_ranges(program_, program_.phases[phase].runs);
    for (const ProgramStep& step : program_.phases[phase].steps) {
      std::set<size_t> written;
      for (const Wire& wire : step.outputs) {
        const ProgramBuffer& buffer = program_.buffers[wire.buffer];
        const DocumentPlace place = DocumentPlace{program_.source, step.pointer}.at("outputs").at(wire.name);
        if (buffer.role == BufferRole::kRequest)
          place.refuse(fmt::format("{} is what the request gives; nothing writes it", buffer.name));
        if (!written.insert(wire.buffer).second)
          place.refuse(fmt::format("the step writes {} twice", buffer.name));
      }
      if (step.unit)
        check_unit_step(step);
      else
        find_host_step(step.host)->check(StepCheck(program_, step, counters));
    }
  }

  // The shapes of a unit are those of its first step; later ones may differ where its open extent shows.
  void check_written(const ProgramStep& step) const {
    const ProgramUnit& unit = program_.units[*step.unit];
    for (const WrittenInput& one : unit.written) {
      const ProgramBuffer& buffer = program_.buffers[step.inputs[one.input].buffer];
      if (one.dtype && buffer.dtype == kFloat32)
        at("units")
            .at(*step.unit)
            .at("written")
            .at(unit.inputs[one.input])
            .at("dtype")
            .refuse(fmt::format("buffer {} holds real values; their type is that of the file's codes",
                                buffer.name));
    }
  }

  void check_unit_step(const ProgramStep& step) {
    check_written(step);
    const ProgramUnit& unit = program_.units[*step.unit];
    const std::optional<int64_t> open = open_extent(step, unit);
    const auto [known, is_first] = types_.try_emplace(*step.unit, UnitTypes{&step, open});
    if (is_first) return;
    const UnitTypes& first = known->second;
    for (size_t i = 0; i < unit.inputs.size(); ++i) compare(first, step, open, i, true);
    for (size_t i = 0; i < unit.outputs.size(); ++i) compare(first, step, open, i, false);
  }

  // What the axes that are open have in this step; nothing where none is.
  [[nodiscard]] std::optional<int64_t> open_extent(const ProgramStep& step, const ProgramUnit& unit) const {
    std::optional<int64_t> extent;
    for (const OpenAxes& open : unit.open) {
      const ProgramBuffer& buffer = program_.buffers[step.inputs[open.input].buffer];
      for (const size_t axis : open.axes) {
        const DocumentPlace place{program_.source, step.pointer};
        if (axis >= buffer.shape.size())
          place.refuse(fmt::format("input {} of unit {} is open on axis {}, and {} is {}",
                                   unit.inputs[open.input], unit.name, axis, buffer.name,
                                   to_string(buffer.shape)));
        if (extent && *extent != buffer.shape[axis])
          place.refuse(fmt::format("the open extent {} of unit {} is {} and {}", unit.open_name, unit.name,
                                   *extent, buffer.shape[axis]));
        extent = buffer.shape[axis];
      }
    }
    return extent;
  }

  struct UnitTypes {
    const ProgramStep* step = nullptr;  // that ran the unit first
    std::optional<int64_t> open;
  };

  void compare(const UnitTypes& first, const ProgramStep& step, const std::optional<int64_t>& open, size_t i,
               bool is_input) const {
    const ProgramUnit& unit = program_.units[*step.unit];
    const Wire& wire = (is_input ? step.inputs : step.outputs)[i];
    const ProgramBuffer &before =
                            program_.buffers[(is_input ? first.step->inputs : first.step->outputs)[i].buffer],
                        &here = program_.buffers[wire.buffer];
    bool fits = before.dtype == here.dtype && before.shape.size() == here.shape.size();
    for (size_t axis = 0; fits && axis < here.shape.size(); ++axis) {
      if (before.shape[axis] == here.shape[axis] && !is_open(unit, is_input, i, axis)) continue;
      // Which axes of an output are open only the unit knows: one that differs has the open extent.
      fits = is_input ? before.shape[axis] == here.shape[axis] || is_open(unit, is_input, i, axis)
                      : open && before.shape[axis] == *first.open && here.shape[axis] == *open;
    }
    if (fits) return;
    DocumentPlace{program_.source, step.pointer}
        .at(is_input ? "inputs" : "outputs")
        .at(wire.name)
        .refuse(
            fmt::format("{} of unit {} is {} ({}) here and {} ({}) at {}", wire.name, unit.name,
                        to_string(here.type()), here.name, to_string(before.type()), before.name,
                        first.step->pointer),
            "one file has one set of shapes; \"open\" of the unit names an extent that its caller chooses");
  }

  static bool is_open(const ProgramUnit& unit, bool is_input, size_t i, size_t axis) {
    if (!is_input) return false;
    return std::ranges::any_of(unit.open, [&](const OpenAxes& open) {
      return open.input == i && std::ranges::find(open.axes, axis) != open.axes.end();
    });
  }

  const Program& program_;
  std::map<size_t, UnitTypes> types_;  // by unit
};

}  // namespace

CounterRanges counter_ranges(const Program& program, PhaseRuns runs) {
  CounterRanges ranges;
  const auto set = [&](Counter counter, Range range) { ranges[static_cast<size_t>(counter)] = range; };
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter) set(*length.counter, {length.minimum, length.maximum});
    }
  }
  const auto prompt = ranges[static_cast<size_t>(Counter::kPrompt)];
  const auto pictures = ranges[static_cast<size_t>(Counter::kPictures)];
  if (runs == PhaseRuns::kEachPicture && pictures) set(Counter::kPicture, {0, pictures->high - 1});
  if (runs != PhaseRuns::kEachToken)
    set(Counter::kPast, {0, 0});
  else if (prompt && program.generation)
    set(Counter::kPast, {prompt->low, program.generation->context - 1});
  return ranges;
}

void check_program(const Program& program) {
  ProgramCheck(program).check();
  check_order(program);
}

}  // namespace vernier::core
