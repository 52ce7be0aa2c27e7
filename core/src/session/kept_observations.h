// A folder in which what calibration saw is kept from one run to the next (runtime.journal).
#pragma once

#include <filesystem>
#include <string>

#include "calibration/calibrator.h"
#include "session/prepare.h"

namespace vernier::core {

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
