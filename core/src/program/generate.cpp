#include "program/generate.h"

#include <fmt/format.h>

#include <algorithm>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

const Generation& generation_of(const Program& program) {
  if (program.generation) return *program.generation;
  throw data_error(fmt::format("program {} makes no tokens: it has no \"generation\"", program.name),
                   program.source);
}

}  // namespace

const char* to_string(Generated::End end) {
  switch (end) {
    case Generated::End::kStop:
      return "stop";
    case Generated::End::kLimit:
      return "limit";
    case Generated::End::kContext:
      return "context";
  }
  return "";
}

Generated generate(ProgramRun& run, const Program& program, const Request& request,
                   const GenerationLimits& limits) {
  const std::vector<int32_t> stop = limits.stop ? *limits.stop : generation_of(program).stop;
  if (limits.tokens < 1)
    throw usage_error(fmt::format("{} tokens are to be made; 1 at least", limits.tokens));
  (void)generation_of(program);
  Generated result;
  run.begin(request);
  while (true) {
    result.tokens.push_back(run.token());
    if (std::ranges::find(stop, result.tokens.back()) != stop.end()) {
      result.end = Generated::End::kStop;
    } else if (static_cast<int64_t>(result.tokens.size()) == limits.tokens) {
      result.end = Generated::End::kLimit;
    } else if (!run.has_room()) {
      result.end = Generated::End::kContext;
    } else {
      run.decode(result.tokens.back());
      continue;
    }
    return result;
  }
}

std::vector<Tensor> teacher_forced(ProgramRun& run, const Program& program, const Request& request,
                                   std::span<const int32_t> answer) {
  if (answer.empty()) throw usage_error("the answer has no tokens");
  const std::string& logits = program.buffers[generation_of(program).logits].name;
  std::vector<Tensor> scores;
  run.begin(request);
  for (size_t i = 0; i < answer.size(); ++i) {
    if (i > 0) run.decode(answer[i - 1]);
    scores.push_back(run.value(logits));
  }
  return scores;
}

}  // namespace vernier::core
