#include "session/kept_observations.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "file/path_place.h"
#include "graph/fingerprint.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

// Of the files in which numbers or code lie: whoever changes one changes its times, whatever its size.
nlohmann::json file_identity(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return file.string();
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {{"file", fs::weakly_canonical(file).string()},
          {"device", found.st_dev},
          {"inode", found.st_ino},
          {"bytes", found.st_size},
          {"modified", nanoseconds(found.st_mtim)},
          {"changed", nanoseconds(found.st_ctim)}};
}

nlohmann::json checkpoint_identity(const Checkpoint& checkpoint) {
  const fs::path folder =
      fs::is_directory(checkpoint.path()) ? checkpoint.path() : checkpoint.path().parent_path();
  nlohmann::json files = nlohmann::json::array();
  for (const std::string& file : checkpoint.files()) files.push_back(file_identity(folder / file));
  return files;
}

TreeNames names_of(const ModuleTree& tree) {
  return {
      [&tree](int32_t parameter) -> std::string_view {
        return tree.parameters.at(static_cast<size_t>(parameter)).path;
      },
      [&tree](int32_t site) -> std::string_view { return tree.sites.at(static_cast<size_t>(site)).path; }};
}

// Where each parameter's elements come from; those that no file holds are looked at.
std::string parameters_identity(const ModuleTree& tree) {
  Fingerprint fingerprint;
  for (const Parameter& parameter : tree.parameters) {
    fingerprint.add(std::string_view(parameter.path)).add(std::string_view(parameter.tensor));
    fingerprint.add(parameter.source.dtype).add(std::span(parameter.source.shape));
    if (const auto& part = parameter.part)
      fingerprint.add(part->axis).add(part->begin).add(part->end).add(std::span(part->whole));
    if (parameter.is_computed())
      add(fingerprint, *parameter.expression, names_of(tree));
    else if (parameter.tensor.empty())
      fingerprint.add(parameter.source);
  }
  return fingerprint.finish();
}

// The graphs that calibration samples run through.
std::string graphs_identity(const Unit& unit, const ModuleTree& tree) {
  Fingerprint fingerprint;
  std::vector<std::vector<TensorType>> seen;
  for (uint64_t index = 0; index < unit.calibration->samples(); ++index) {
    std::vector<TensorType> types = unit.calibration->types(index);
    if (std::ranges::find(seen, types) != seen.end()) continue;
    add(fingerprint, *unit.runner->graph(types), names_of(tree));
    seen.push_back(std::move(types));
  }
  return fingerprint.finish();
}

}  // namespace

nlohmann::json calibration_identity(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& unit : units) {
    rows.push_back({{"name", unit->recipe->name},
                    {"graphs", graphs_identity(*unit, *p.tree)},
                    {"samples", samples_identity(*unit->calibration)},
                    {"batch_size", unit->recipe->calibration.batch_size}});
  }
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  return {{"vernier", VERNIER_VERSION},
          {"program", file_identity(program)},
          {"device", file_identity((program.parent_path() / VERNIER_TORCH_LIBRARY).lexically_normal())},
          {"threads", p.pool->threads()},
          {"checkpoint", checkpoint_identity(*p.checkpoint)},
          {"parameters", parameters_identity(*p.tree)},
          {"units", rows}};
}

fs::path journal_folder(const SessionOptions& options, const Recipe& recipe) {
  fs::path folder = options.journal ? *options.journal : recipe.runtime.journal;
  if (folder.empty()) return folder;
  const std::string where =
      options.journal ? "--journal " + folder.string() : recipe.where("/runtime/journal");
  std::error_code unknown;
  if (fs::exists(folder, unknown) && !fs::is_directory(folder, unknown))
    throw usage_error("the journal is no folder: " + folder.string(), where, "name a folder");
  const PathPlace place(folder), checkpoint(recipe.model.checkpoint);
  if (place.is_same(checkpoint) || place.is_inside(checkpoint))
    throw usage_error("the journal would be written into the checkpoint", where, "name another folder");
  return folder;
}

KeptObservations::KeptObservations(const fs::path& folder, const std::string& identity)
    : identity_(identity) {
  if (folder.empty()) return;
  Fingerprint name;
  file_ = folder / (name.add(std::string_view(identity)).finish().substr(0, 32) + ".observations");
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
