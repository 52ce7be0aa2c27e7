// What a pipeline takes from the recipe's journal, and leaves there.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "session/pipeline.h"
#include "session/run_identity.h"
#include "vernier/core/error.h"
#include "vernier/core/shown_text.h"

namespace vernier::core {

const KeptObservations& Pipeline::kept_observations() {
  if (!kept_observations_) {
    if (!journal_folder_.empty()) model_identity_ = model_identity(p);
    const std::string identity =
        journal_folder_.empty() ? "" : json_text(calibration_identity(*model_identity_, p, units));
    kept_observations_.emplace(journal_folder_, identity);
  }
  return *kept_observations_;
}

void Pipeline::plan_time() {
  if (journal_folder_.empty()) return;
  const bool is_reused = !given && std::filesystem::exists(kept_observations().file());
  work_ = phase_work(p, units, is_reused);
  predicted_seconds = PastTimes(journal_folder_, p).predict(work_);
}

std::optional<EvaluationAccount> Pipeline::kept_evaluation() {
  if (journal->is_null() || options.save_outputs) return std::nullopt;
  std::string said;
  kept_evaluation_.emplace(journal_folder_, json_text(evaluation_identity(*model_identity_, p, units)));
  std::optional<EvaluationAccount> account = kept_evaluation_->give(units.size(), said);
  if (!said.empty()) say(said);
  if (!account) return std::nullopt;
  say("evaluation is that of an earlier run with the same qparams, kept in the journal");
  (*journal)["evaluation_reused"] = true;
  std::erase_if(work_, [](const PhaseWork& one) { return one.phase == "evaluate"; });
  return account;
}

void Pipeline::keep_evaluation(const EvaluationAccount& account) {
  if (!kept_evaluation_) return;
  try {
    kept_evaluation_->keep(account);
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    say("no evaluation is kept: " + error.diagnostics().front().what);
  }
}

// A run that is done does not fail for it.
void Pipeline::keep_times() {
  try {
    PastTimes(journal_folder_, p).keep(work_, times.to_json());
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    say("no times are kept: " + error.diagnostics().front().what);
  }
}

}  // namespace vernier::core
