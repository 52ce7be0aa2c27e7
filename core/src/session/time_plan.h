// How long a run will take: told from what earlier runs of the same kind took, which the journal keeps.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session/prepare.h"
#include "session/unit.h"

namespace vernier::core {

// What a phase has to do, in numbers that its time follows: operations of all samples, bytes of weights.
struct PhaseWork {
  std::string phase;  // as PhaseTimes names it
  std::string by;     // what does it, where that may change: executors
  double units = 0;
};

// Of a run of units that are traced. A phase whose observations are kept already (`is_reused`) does nothing.
[[nodiscard]] std::vector<PhaseWork> phase_work(const Prepared& p,
                                                const std::vector<std::unique_ptr<Unit>>& units,
                                                bool is_reused);

// times.json of a journal: a row for a phase of an earlier run, its work and its seconds.
class PastTimes {
 public:
  // Runs are of one kind where version, threads and the module's type are the same. `folder` empty: nothing
  // is kept. A file that is damaged counts as none.
  PastTimes(const std::filesystem::path& folder, const Prepared& p);

  // In proportion to the work of the earlier run that had most nearly as much of it; nothing where none had
  // between a tenth and ten times as much.
  [[nodiscard]] std::optional<double> seconds(const PhaseWork& work) const;
  // {PHASE: seconds or null, …, "total": seconds; null where one is}; null without a folder.
  [[nodiscard]] nlohmann::json predict(const std::vector<PhaseWork>& work) const;
  // Adds what this run took, {PHASE: seconds}, in place of a row of about the same work, and writes the file.
  // Throws Error (kData) where it cannot be written.
  void keep(const std::vector<PhaseWork>& work, const nlohmann::json& seconds);

 private:
  struct Row {
    std::string kind, phase, by;
    double units = 0;
    double seconds = 0;
  };
  [[nodiscard]] const Row* nearest(const PhaseWork& work) const;

  std::filesystem::path file_;
  std::string kind_;
  std::vector<Row> rows_;  // the newest last
};

}  // namespace vernier::core
