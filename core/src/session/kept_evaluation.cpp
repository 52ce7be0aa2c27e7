#include "session/kept_evaluation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "graph/fingerprint.h"
#include "session/run_identity.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

// An account whose numbers somebody changed would be believed.
std::string sum_of(const nlohmann::json& account) {
  return Fingerprint().add(std::string_view(account.dump())).finish();
}

nlohmann::json to_json(const EvaluationAccount& account) {
  nlohmann::json units = nlohmann::json::array();
  for (const EvaluationAccount::OfUnit& one : account.units) {
    nlohmann::json per_sample = nlohmann::json::array();
    for (const Metrics& sample : one.per_sample) per_sample.push_back(sample.state());
    units.push_back(
        {{"metrics", one.metrics.state()}, {"samples", one.samples}, {"per_sample", std::move(per_sample)}});
  }
  return {{"units", units}, {"total", account.total.state()}, {"sites", *account.sites}};
}

EvaluationAccount from_json(const nlohmann::json& kept) {
  EvaluationAccount account;
  for (const nlohmann::json& one : kept.at("units")) {
    account.units.push_back({Metrics::from_state(one.at("metrics")), one.at("samples").get<uint64_t>(), {}});
    for (const nlohmann::json& sample : one.at("per_sample"))
      account.units.back().per_sample.push_back(Metrics::from_state(sample));
  }
  account.total = Metrics::from_state(kept.at("total"));
  account.sites = kept.at("sites");
  return account;
}

}  // namespace

KeptEvaluation::KeptEvaluation(const fs::path& folder, const std::string& identity) : identity_(identity) {
  if (folder.empty()) return;
  file_ = journal_file(folder, identity, ".evaluation");
}

std::optional<EvaluationAccount> KeptEvaluation::give(size_t units, std::string& said) const {
  std::error_code unknown;
  if (file_.empty() || !fs::exists(file_, unknown)) return std::nullopt;
  std::string why;
  try {
    const auto mapped = MappedFile::open(file_);
    const auto bytes = mapped->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const nlohmann::json kept = parse_strict_json(text, file_.string());
    const nlohmann::json& account = kept.at("account");
    if (kept.at("sum") != sum_of(account)) {
      why = "was changed";
    } else if (kept.at("identity") != identity_ || account.at("units").size() != units) {
      why = "is of another evaluation";
    } else {
      return from_json(account);
    }
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    why = "is damaged: " + error.diagnostics().front().what;
  } catch (const nlohmann::json::exception&) {
    why = "is damaged";
  }
  said = fmt::format("{} {}; evaluating anew", file_.string(), why);
  return std::nullopt;
}

void KeptEvaluation::keep(const EvaluationAccount& account) const {
  if (file_.empty()) return;
  const nlohmann::json kept = to_json(account);
  AtomicFile file(file_);
  file.write(nlohmann::json{{"identity", identity_}, {"account", kept}, {"sum", sum_of(kept)}}.dump() + "\n");
  file.commit();
}

}  // namespace vernier::core
