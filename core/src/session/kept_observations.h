// A folder in which what calibration saw is kept from one run to the next (runtime.journal).
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "calibration/calibrator.h"
#include "session/prepare.h"
#include "session/unit.h"

namespace vernier::core {

// What the observations of all units follow from, as JSON: graphs, parameters and the files they lie in,
// samples, batch sizes, this program. Not: dtypes, schemes, clipping, backends, evaluation. Units are traced.
[[nodiscard]] nlohmann::json calibration_identity(const Prepared& p,
                                                  const std::vector<std::unique_ptr<Unit>>& units);

// The folder that the options or the recipe name; empty: none. Throws Error (kUsage) where it lies in the
// checkpoint, which no run writes to, or something else than a folder has its name.
[[nodiscard]] std::filesystem::path journal_folder(const SessionOptions& options, const Recipe& recipe);

class KeptObservations {
 public:
  // `folder` empty: there is none, and nothing below does anything. `identity` as calibration_identity().
  KeptObservations(const std::filesystem::path& folder, const std::string& identity);

  // Whether `calibrator` now is as if it had observed all units. `said` gets a line that tells why not, where
  // a file of the same name was there: it is damaged, or an observer cannot go on from it.
  bool give(Calibrator& calibrator, std::string& said) const;
  // Keeps what it observed, in place of what was kept under the same identity. Returns a line where nothing
  // can be kept. Throws Error (kData) where the file cannot be written.
  std::string keep(Calibrator& calibrator) const;
  // The file that is meant; empty without a folder.
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::string identity_;
};

}  // namespace vernier::core
