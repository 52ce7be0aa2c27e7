#include "session/program_statistics.h"

#include <fmt/format.h>

#include <algorithm>

#include "program/entry_units.h"
#include "program/program_run.h"
#include "report/site_statistics.h"
#include "session/pipeline.h"
#include "session/recipe_program.h"
#include "session/sample_program.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// One sample after the other.
class SiteWatch {
 public:
  SiteWatch(Pipeline& run, StatisticsCollector& statistics)
      : run_(run), recipe_(*run.p.program), statistics_(statistics) {}

  void see(uint64_t index, const ProgramSample& sample) {
    const OwnRequest own = own_request(recipe_.made.program, sample);
    const Program decoding = remade(recipe_, *run_.p.services, *run_.p.hub, own.bindings());
    const std::vector<bool> is_for_tokens = units_for_tokens_alone(decoding);
    compare(index, prefill_of(decoding, own.prompt), is_for_tokens, false,
            [&own](ProgramRun& one) { one.begin(own.request); });
    if (std::ranges::find(is_for_tokens, true) != is_for_tokens.end()) {
      // Prefill and decode share sites, and are different calls of them.
      statistics_.finish_piece(index);
      compare(index, decoding, is_for_tokens, true, [&own](ProgramRun& one) {
        one.begin(own.without_last());
        one.decode(own.last());
      });
    }
    statistics_.finish_sample(index);
  }

 private:
  template <typename Request>
  void compare(uint64_t index, const Program& program, const std::vector<bool>& is_for_tokens, bool decodes,
               const Request& request) {
    EntryUnits units(program, *run_.p.services, *run_.p.tree, *run_.device, Reading::kFloat,
                     run_.kept_codes.get(), &run_.program_runners);
    for (const Reading reading : {Reading::kFloat, Reading::kQuantize}) {
      units.read_as(reading);
      units.show_to([&, reading](size_t unit, int site, const Tensor& x) {
        if (is_for_tokens[unit] != decodes) return;
        if (reading == Reading::kFloat)
          statistics_.float_value(index, site, x);
        else
          statistics_.quantized_value(index, site, x);
      });
      ProgramRun one(program, units, run_.control());
      request(one);
      run_.check_limits();
    }
  }

  Pipeline& run_;
  const RecipeProgram& recipe_;
  StatisticsCollector& statistics_;
};

}  // namespace

std::vector<uint64_t> observed_samples(const RecipeProgram& program) {
  std::vector<uint64_t> observed;
  const ProgramRequests& requests = *program.evaluation;
  for (uint64_t index = 0; index < requests.samples(); ++index) {
    if (!StatisticsCollector::wants(observed.size())) break;
    if (has_own_extents(program.made.program, requests.sample(index))) observed.push_back(index);
  }
  return observed;
}

void observe_program(Pipeline& run, StatisticsCollector& statistics) {
  SiteWatch watch(run, statistics);
  uint64_t seen = 0;
  for (const uint64_t index : observed_samples(*run.p.program)) {
    try {
      watch.see(seen++, run.p.program->evaluation->sample(index));
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      throw with_note(
          error,
          {fmt::format("evaluation sample {} fails", index), run.p.recipe.where("/evaluation/inputs"), {}});
    }
  }
}

}  // namespace vernier::core
