#include "calibration/samples_manifest.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "calibration/processor.h"
#include "graph/fingerprint.h"

namespace vernier::core {
namespace {

nlohmann::json to_json(const Spread& spread) {
  if (spread.samples == 0) return nullptr;
  return {{"samples", spread.samples},
          {"least", spread.least},
          {"greatest", spread.greatest},
          {"total", spread.total}};
}

}  // namespace

void SamplesManifest::add(const ProcessedRequest& made) {
  tokens.add(made.prompt_tokens + made.answer_tokens);
  if (made.answer_tokens > 0) answers.add(made.answer_tokens);
  if (made.removed_tokens > 0) ++cut;
  if (made.pictures > 0) ++with_pictures;
  pictures += made.pictures;
}

std::string SamplesManifest::sha256() const {
  Fingerprint fingerprint;
  for (const std::string& one : hashes) fingerprint.add(std::string_view(one));
  return fingerprint.finish();
}

nlohmann::json SamplesManifest::to_json() const {
  return {{"path", path},
          {"processor", processor},
          {"plugin", plugin},
          {"sha256", sha256()},
          {"lines", lines},
          {"samples", hashes.size()},
          {"skipped", skipped},
          {"cut", cut},
          {"tokens", core::to_json(tokens)},
          {"answers", core::to_json(answers)},
          {"with_pictures", with_pictures},
          {"pictures", pictures},
          {"inputs", reached}};
}

nlohmann::json prompts_json(const SamplesManifest* calibration, const SamplesManifest* evaluation) {
  nlohmann::json prompts;
  if (calibration != nullptr) prompts["calibration"] = calibration->to_json();
  if (evaluation == nullptr) return prompts;
  prompts["evaluation"] = evaluation->to_json();
  if (calibration != nullptr)
    prompts["evaluation"]["also_calibration"] = shared_samples(*evaluation, *calibration);
  return prompts;
}

uint64_t shared_samples(const SamplesManifest& one, const SamplesManifest& other) {
  const std::unordered_set<std::string> known(other.hashes.begin(), other.hashes.end());
  return static_cast<uint64_t>(
      std::ranges::count_if(one.hashes, [&](const std::string& hash) { return known.contains(hash); }));
}

}  // namespace vernier::core
