#include "session/run_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "graph/fingerprint.h"

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

// The graphs that samples run through.
std::string graphs_identity(const Unit& unit, const InputSource& source, const ModuleTree& tree) {
  Fingerprint fingerprint;
  std::vector<std::vector<TensorType>> seen;
  for (uint64_t index = 0; index < source.samples(); ++index) {
    std::vector<TensorType> types = source.types(index);
    if (std::ranges::find(seen, types) != seen.end()) continue;
    add(fingerprint, *unit.runner->graph(types), names_of(tree));
    seen.push_back(std::move(types));
  }
  return fingerprint.finish();
}

std::string qparams_identity(const ModuleTree& tree) {
  Fingerprint fingerprint;
  for (const Site& site : tree.sites) {
    fingerprint.add(std::string_view(site.path)).add(int64_t{site.is_reached ? 1 : 0});
    if (!site.qparams) continue;
    const QParams& q = *site.qparams;
    fingerprint.add(q.dtype).add(int64_t{q.is_float ? 1 : 0}).add(q.axis).add(q.block_size);
    for (const float scale : q.scale) fingerprint.add(static_cast<double>(scale));
    for (const int32_t zero_point : q.zero_point) fingerprint.add(int64_t{zero_point});
  }
  return fingerprint.finish();
}

}  // namespace

nlohmann::json model_identity(const Prepared& p) {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  return {{"vernier", VERNIER_VERSION},
          {"program", file_identity(program)},
          {"device", file_identity((program.parent_path() / VERNIER_TORCH_LIBRARY).lexically_normal())},
          {"threads", p.pool->threads()},
          {"checkpoint", checkpoint_identity(*p.checkpoint)},
          {"parameters", parameters_identity(*p.tree)}};
}

nlohmann::json calibration_identity(nlohmann::json model, const Prepared& p,
                                    const std::vector<std::unique_ptr<Unit>>& units) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& unit : units) {
    rows.push_back({{"name", unit->recipe->name},
                    {"graphs", graphs_identity(*unit, *unit->calibration, *p.tree)},
                    {"samples", samples_identity(*unit->calibration)},
                    {"batch_size", unit->recipe->calibration.batch_size}});
  }
  model["units"] = rows;
  return model;
}

nlohmann::json evaluation_identity(nlohmann::json model, const Prepared& p,
                                   const std::vector<std::unique_ptr<Unit>>& units) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& unit : units) {
    rows.push_back({{"name", unit->recipe->name},
                    {"graphs", graphs_identity(*unit, *unit->evaluation, *p.tree)},
                    {"samples", samples_identity(*unit->evaluation)}});
  }
  model["evaluation"] = rows;
  model["qparams"] = qparams_identity(*p.tree);
  return model;
}

fs::path journal_file(const fs::path& folder, const std::string& identity, const char* extension) {
  return folder / (Fingerprint().add(std::string_view(identity)).finish().substr(0, 32) + extension);
}

}  // namespace vernier::core
