#include "session/time_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "graph/work.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr double kFarthest = 10;    // times as much work, or as little, beyond which nothing is told
constexpr double kSame = 1.1;       // times as much work: a newer row takes the place of an older one
constexpr size_t kMostTimes = 500;  // rows of all kinds

double operations(const Unit& unit, const InputSource& source, uint64_t most) {
  double sum = 0;
  for (uint64_t index = 0; index < std::min(source.samples(), most); ++index)
    sum += static_cast<double>(work_of(*unit.runner->graph(source.types(index))).operations);
  return sum;
}

// How far apart two amounts of work are: 1 where they are the same.
double ratio(double a, double b) { return std::max(a, b) / std::min(a, b); }

}  // namespace

std::vector<PhaseWork> phase_work(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units,
                                  bool is_reused) {
  constexpr auto kAll = std::numeric_limits<uint64_t>::max();
  double weights = 0, calibrated = 0, evaluated = 0, verified = 0;
  for (const Parameter& parameter : p.tree->parameters)
    weights += static_cast<double>(parameter.source.elements());
  for (const auto& unit : units) {
    calibrated += operations(*unit, *unit->calibration, kAll);
    evaluated += operations(*unit, *unit->evaluation, kAll);
  }
  std::set<std::string> executors, backends;
  for (const RecipeExport& one : p.recipe.exports) {
    backends.insert(one.backend);
    if (!one.verify) continue;
    const std::string& named = one.verify->executor;
    executors.insert(named.empty() ? p.hub->executor_for(one.file).name : named);
    const uint64_t most = one.verify->samples ? static_cast<uint64_t>(*one.verify->samples) : kAll;
    for (const size_t unit : one.units) verified += operations(*units[unit], *units[unit]->evaluation, most);
  }
  std::vector<PhaseWork> work;
  if (p.recipe.quantization.from.empty()) {
    work.push_back({"observe_weights", "", weights});
    if (!is_reused) work.push_back({"calibrate", "", calibrated});
  } else {
    work.push_back({"convert", "", weights});
  }
  work.push_back({"evaluate", "", evaluated});
  if (!backends.empty())
    work.push_back({"export", fmt::format("{}", fmt::join(backends, " ")),
                    weights * static_cast<double>(p.recipe.exports.size())});
  if (verified > 0) work.push_back({"verify", fmt::format("{}", fmt::join(executors, " ")), verified});
  std::erase_if(work, [](const PhaseWork& one) { return !(one.units > 0); });
  return work;
}

PastTimes::PastTimes(const std::filesystem::path& folder, const Prepared& p)
    : kind_(fmt::format("{} on {} threads: {}", VERNIER_VERSION, p.pool->threads(), p.tree->root().type)) {
  if (folder.empty()) return;
  file_ = folder / "times.json";
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(file_, unknown)) return;
  try {
    const auto mapped = MappedFile::open(file_);
    const auto bytes = mapped->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const auto& row : parse_strict_json(text, file_.string())) {
      const Row read{row.at("kind"), row.at("phase"), row.at("by"), row.at("units"), row.at("seconds")};
      if (read.units > 0 && read.seconds >= 0) rows_.push_back(read);
    }
  } catch (const Error&) {
    rows_.clear();
  } catch (const nlohmann::json::exception&) {
    rows_.clear();
  }
}

const PastTimes::Row* PastTimes::nearest(const PhaseWork& work) const {
  const Row* found = nullptr;
  for (const Row& row : rows_) {
    if (row.kind != kind_ || row.phase != work.phase || row.by != work.by) continue;
    if (found == nullptr || ratio(row.units, work.units) <= ratio(found->units, work.units)) found = &row;
  }
  return found;
}

std::optional<double> PastTimes::seconds(const PhaseWork& work) const {
  const Row* found = nearest(work);
  if (found == nullptr || ratio(found->units, work.units) > kFarthest) return std::nullopt;
  return found->seconds * work.units / found->units;
}

nlohmann::json PastTimes::predict(const std::vector<PhaseWork>& work) const {
  if (file_.empty()) return nullptr;
  nlohmann::json result = nlohmann::json::object();
  std::optional<double> total = 0;
  for (const PhaseWork& one : work) {
    const std::optional<double> known = seconds(one);
    result[one.phase] = known ? nlohmann::json(*known) : nlohmann::json(nullptr);
    total = total && known ? std::optional(*total + *known) : std::nullopt;
  }
  result["total"] = total ? nlohmann::json(*total) : nlohmann::json(nullptr);
  return result;
}

void PastTimes::keep(const std::vector<PhaseWork>& work, const nlohmann::json& seconds) {
  if (file_.empty()) return;
  for (const PhaseWork& one : work) {
    if (!seconds.contains(one.phase)) continue;
    std::erase_if(rows_, [&](const Row& row) {
      return row.kind == kind_ && row.phase == one.phase && row.by == one.by &&
             ratio(row.units, one.units) <= kSame;
    });
    rows_.push_back({kind_, one.phase, one.by, one.units, seconds.at(one.phase)});
  }
  if (rows_.size() > kMostTimes) rows_.erase(rows_.begin(), rows_.end() - static_cast<ptrdiff_t>(kMostTimes));
  nlohmann::json rows = nlohmann::json::array();
  for (const Row& row : rows_)
    rows.push_back({{"kind", row.kind},
                    {"phase", row.phase},
                    {"by", row.by},
                    {"units", row.units},
                    {"seconds", row.seconds}});
  AtomicFile file(file_);
  file.write(rows.dump(1) + "\n");
  file.commit();
}

}  // namespace vernier::core
