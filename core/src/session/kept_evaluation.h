// What evaluation gave, kept in the journal: a run that changes only what comes after it (backends, gates,
// executors) evaluates no sample again.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tensor/metrics.h"
#include "vernier/core/json_value.h"

namespace vernier::core {

// Of all units, in their order.
struct EvaluationAccount {
  struct OfUnit {
    Metrics metrics;
    uint64_t samples = 0;
    std::vector<Metrics> per_sample;
  };
  std::vector<OfUnit> units;
  Metrics total;
  JsonValue sites;  // as StatisticsCollector::to_json()
};

class KeptEvaluation {
 public:
  // `folder` empty: there is none, and nothing below does anything. `identity` as evaluation_identity().
  KeptEvaluation(const std::filesystem::path& folder, const std::string& identity);

  // What an earlier run of the same identity and as many units kept. `said` gets a line that tells why not,
  // where a file of that name was there.
  [[nodiscard]] std::optional<EvaluationAccount> give(size_t units, std::string& said) const;
  // In place of what was kept under the same identity. Throws Error (kData) where the file cannot be written.
  void keep(const EvaluationAccount& account) const;

 private:
  std::filesystem::path file_;
  std::string identity_;
};

}  // namespace vernier::core
