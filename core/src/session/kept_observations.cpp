#include "session/kept_observations.h"

#include <fmt/format.h>

#include "checkpoint/checkpoint.h"
#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "file/path_place.h"
#include "session/run_identity.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

fs::path journal_folder(const SessionOptions& options, const Recipe& recipe) {
  fs::path folder = options.journal ? *options.journal : recipe.runtime.journal;
  if (folder.empty()) return folder;
  const std::string where =
      options.journal ? "--journal " + folder.string() : recipe.where("/runtime/journal");
  std::error_code unknown;
  if (fs::exists(folder, unknown) && !fs::is_directory(folder, unknown))
    throw usage_error("the journal is no folder: " + folder.string(), where, "name a folder");
  const PathPlace place(folder), checkpoint(checkpoint_folder(recipe.model.checkpoint));
  if (place.is_same(checkpoint) || place.is_inside(checkpoint))
    throw usage_error("the journal would be written into the checkpoint", where, "name another folder");
  return folder;
}

KeptObservations::KeptObservations(const fs::path& folder, const std::string& identity)
    : identity_(identity) {
  if (folder.empty()) return;
  file_ = journal_file(folder, identity, ".observations");
}

bool KeptObservations::give(Calibrator& calibrator, std::string& said) const {
  if (file_.empty() || !fs::exists(file_)) return false;
  Observations kept;
  try {
    kept = read_observations(MappedFile::open(file_)->bytes());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    said = fmt::format("{}: {}; calibrating anew", file_.string(), error.diagnostics().front().what);
    return false;
  }
  if (kept.identity != identity_) {
    said = fmt::format("{} is of another calibration; calibrating anew", file_.string());
    return false;
  }
  const std::string refusal = calibrator.restore(kept.sites);
  if (refusal.empty()) return true;
  said = fmt::format("{} is of no use: {}; calibrating anew", file_.string(), refusal);
  return false;
}

std::string KeptObservations::keep(Calibrator& calibrator) const {
  if (file_.empty()) return {};
  Observations seen{identity_, calibrator.observations()};
  if (seen.sites.empty()) return "no observations are kept: an observer of the recipe has no save and load";
  AtomicFile file(file_);
  file.write(write_observations(seen));
  file.commit();
  return {};
}

}  // namespace vernier::core
