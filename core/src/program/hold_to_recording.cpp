#include "program/hold_to_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "program/codes.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// Extents of 1 left out: a phone's arrays are often flatter than the file's tensors.
Shape without_ones(const Shape& shape) {
  Shape rest;
  std::ranges::copy_if(shape, std::back_inserter(rest), [](int64_t extent) { return extent != 1; });
  return rest;
}

bool writes(const ProgramStep& step, size_t buffer) {
  return std::ranges::any_of(step.outputs, [&](const Wire& wire) { return wire.buffer == buffer; });
}

// The step that wrote what the call reads from a buffer: the nearest before it in its phase, of later passes
// also behind it; else the last one of an earlier phase. The request or the fill, where there is none.
std::string writer_of(const Program& program, const BoundaryCall& call, size_t buffer) {
  const auto last = [&](auto begin, auto end) -> const ProgramStep* {
    const ProgramStep* found = nullptr;
    for (auto it = begin; it != end; ++it) found = writes(*it, buffer) ? &*it : found;
    return found;
  };
  const auto& own = call.phase->steps;
  const auto here = own.begin() + (call.step - own.data());
  const ProgramStep* step = last(own.begin(), here);
  if (step == nullptr && call.pass > 0) step = last(here, own.end());
  for (size_t i = static_cast<size_t>(call.phase - program.phases.data()); step == nullptr && i-- > 0;)
    step = last(program.phases[i].steps.begin(), program.phases[i].steps.end());
  if (step == nullptr)
    return program.buffers[buffer].role == BufferRole::kRequest ? "the request" : "the fill";
  const std::string what = step->unit ? "unit " + program.units[*step->unit].name : "step " + step->host;
  return fmt::format("{} ({})", what, step->pointer);
}

class HoldingWatch : public BoundaryWatch {
 public:
  HoldingWatch(const Program& program, const Recording& recording, const HoldOptions& options,
               HeldRecording& held)
      : program_(program), recording_(recording), options_(options), held_(held) {}

  Tensor see(const BoundaryTensor& tensor, const Tensor& content) override {
    const std::string name = tensor.name();
    passed_.insert(name);
    if (!recording_.has(name)) {
      if (tensor.side != BoundaryTensor::Side::kNode) ++held_.lacking;
      return content;
    }
    Tensor found = recorded(name, content);
    ++held_.tensors;
    HeldRecording::OfFile& file = held_.files[program_.units[tensor.call.unit].name];
    ++file.tensors;
    const std::optional<CodesDifference> codes = codes_difference(content, found, options_.within);
    if (!codes) return found;
    ++file.differ;
    if (held_.differ++ < HeldRecording::kMostDifferences) add(tensor, name, *codes);
    return found;
  }
  bool wants_nodes(const BoundaryCall& call) override {
    return !recording_.names_behind(call.prefix + to_string(BoundaryTensor::Side::kNode) + ".").empty();
  }
  // Names of all that passed in the run.
  [[nodiscard]] const std::set<std::string>& passed() const { return passed_; }

 private:
  [[nodiscard]] Tensor recorded(const std::string& name, const Tensor& content) const {
    Tensor found = recording_.tensor(name);
    if (content.dtype.is_integer() && content.dtype.bits >= 32 && found.dtype.is_integer() &&
        found.dtype.bits >= 32)
      found = as_integers(found, content.dtype);
    if (found.dtype != content.dtype || without_ones(found.shape) != without_ones(content.shape))
      throw data_error(fmt::format("{} is {} {}; the run has {} {} there", name, found.dtype.name(),
                                   to_string(found.shape), content.dtype.name(), to_string(content.shape)),
                       recording_.label(),
                       "record the codes as the buffer holds them: program.json says dtype and shape");
    found.shape = content.shape;
    return found;
  }
  void add(const BoundaryTensor& tensor, const std::string& name, const CodesDifference& codes) {
    const ProgramUnit& unit = program_.units[tensor.call.unit];
    BoundaryDifference one;
    one.name = name;
    one.request = tensor.call.request;
    one.phase = tensor.call.phase->name;
    one.pass = tensor.call.pass;
    one.unit = unit.name;
    one.file = unit.file->file.path;
    one.side = tensor.side;
    one.tensor = tensor.tensor;
    if (tensor.side != BoundaryTensor::Side::kNode) one.buffer = program_.buffers[tensor.buffer].name;
    if (tensor.side == BoundaryTensor::Side::kInput)
      one.writer = writer_of(program_, tensor.call, tensor.buffer);
    if (tensor.grid != nullptr) one.grid = *tensor.grid;
    one.codes = codes;
    held_.differences.push_back(std::move(one));
  }

  const Program& program_;
  const Recording& recording_;
  const HoldOptions& options_;
  HeldRecording& held_;
  std::set<std::string> passed_;
};

class Holder {
 public:
  Holder(const Program& program, FileUnits& files, const Recording& recording, const HoldOptions& options,
         const RunControl& control)
      : recording_(recording),
        options_(options),
        watch_(program, recording, options, held_),
        units_(program, files, watch_),
        run_(program, units_, control, [this](const UnitCall& call) { units_.expect(call); }) {
    held_.label = recording.label();
  }

  HeldRecording hold() {
    for (const uint64_t number : recording_.requests()) hold(number);
    refuse_unseen();
    // A golden run whose boundaries would be large has tokens alone.
    const bool has_tokens_alone = options_.golden == &recording_ && held_.tokens != 0;
    if (held_.tensors == 0 && !has_tokens_alone)
      throw data_error("no tensor of the recording is at a boundary of a file", recording_.label(), kNames);
    return std::move(held_);
  }

 private:
  static constexpr const char* kNames = "docs/program.md, \"Recordings\", says how tensors are named";

  void hold(uint64_t number) {
    Request request = recording_.request(number);
    std::vector<int32_t> tokens = recording_.tokens(number);
    const bool is_own = !tokens.empty();
    if (options_.golden != nullptr) {
      if (request.empty()) request = options_.golden->request(number);
      if (tokens.empty()) tokens = options_.golden->tokens(number);
    }
    if (request.empty())
      throw data_error(
          fmt::format("request {} is neither in the recording nor in the folder's golden run", number),
          recording_.label(), fmt::format("record its tensors as {}", request_name(number, "NAME")));
    ++held_.requests;
    units_.begin(number);
    run_.begin(request);
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (is_own) compare(number, i, tokens[i]);
      if (i + 1 < tokens.size()) run_.decode(tokens[i]);
    }
  }
  void compare(uint64_t number, uint64_t place, int32_t found) {
    const int32_t right = run_.token();
    ++held_.tokens;
    if (found == right)
      ++held_.same_tokens;
    else if (held_.token_differences.size() < HeldRecording::kMostDifferences)
      held_.token_differences.push_back({number, place, right, found});
  }
  void refuse_unseen() const {
    for (const std::string& name : recording_.names()) {
      if (watch_.passed().contains(name)) continue;
      const uint64_t number = std::stoull(name);
      if (name == tokens_name(number) || name.starts_with(request_name(number, ""))) continue;
      const std::vector<std::string> names(watch_.passed().begin(), watch_.passed().end());
      throw data_error(fmt::format("{} names nothing that passes in the run", in_quotes(name)),
                       recording_.label(),
                       nearest(name, names) ? did_you_mean(name, names) : std::string(kNames));
    }
  }

  const Recording& recording_;
  const HoldOptions options_;
  HeldRecording held_;
  HoldingWatch watch_;
  WatchedUnits units_;
  ProgramRun run_;
};

}  // namespace

HeldRecording hold_to_recording(const Program& program, FileUnits& files, const Recording& recording,
                                const HoldOptions& options, const RunControl& control) {
  return Holder(program, files, recording, options, control).hold();
}

json BoundaryDifference::to_json() const {
  json value = codes.to_json(grid ? &*grid : nullptr);
  value.update({{"name", name},
                {"request", request},
                {"phase", phase},
                {"pass", pass},
                {"unit", unit},
                {"file", file},
                {"side", to_string(side)},
                {"tensor", tensor},
                {"buffer", buffer},
                {"writer", writer},
                {"text", to_text()}});
  return value;
}

std::string BoundaryDifference::to_text() const {
  const char* sides[] = {"input", "output", "tensor"};
  std::string text = fmt::format("request {}, phase {}, pass {}: {} {} of {}", request, phase, pass,
                                 sides[static_cast<size_t>(side)], tensor, file);
  if (!buffer.empty()) text += fmt::format(", buffer {}", buffer);
  if (!writer.empty()) text += fmt::format(", written by {}", writer);
  return text + "\n" + codes.to_text(grid ? &*grid : nullptr, "  ");
}

json HeldRecording::to_json() const {
  json of_files = json::array(), all = json::array(), of_tokens = json::array();
  for (const auto& [unit, file] : files)
    of_files.push_back({{"unit", unit}, {"tensors", file.tensors}, {"differ", file.differ}});
  for (const BoundaryDifference& one : differences) all.push_back(one.to_json());
  for (const TokenDifference& one : token_differences)
    of_tokens.push_back(
        {{"request", one.request}, {"token", one.token}, {"right", one.right}, {"found", one.found}});
  return {{"recording", label},
          {"requests", requests},
          {"tensors", tensors},
          {"lacking", lacking},
          {"differ", differ},
          {"tokens", tokens},
          {"same_tokens", same_tokens},
          {"files", std::move(of_files)},
          {"differences", std::move(all)},
          {"token_differences", std::move(of_tokens)}};
}

}  // namespace vernier::core
