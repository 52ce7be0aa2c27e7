#include "session/tune_journal.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

nlohmann::json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}
double number_or_infinity(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>();
}

TunePoint point_of(const nlohmann::json& kept) {
  TunePoint point;
  point.wide = kept.at("wide").get<uint64_t>();
  point.error.sqnr_db = number_or_infinity(kept.at("sqnr_db"));
  point.error.mean_square = kept.at("mean_square").get<double>();
  point.error.cosine = kept.at("cosine").get<double>();
  point.value = number_or_infinity(kept.at("value"));
  point.is_met = kept.at("is_met").get<bool>();
  return point;
}

}  // namespace

nlohmann::json to_json(const TunePoint& point) {
  return {{"wide", point.wide},
          {"sqnr_db", finite_or_null(point.error.sqnr_db)},
          {"mean_square", point.error.mean_square},
          {"cosine", point.error.cosine},
          {"value", finite_or_null(point.value)},
          {"is_met", point.is_met}};
}

TuneJournal::TuneJournal(const fs::path& folder) : file_(folder / "tune.json") {
  std::error_code ignored;
  if (!fs::exists(file_, ignored)) {
    if (fs::exists(folder, ignored) && (!fs::is_directory(folder, ignored) || !fs::is_empty(folder, ignored)))
      throw usage_error("the folder has files that no tune wrote", folder.string(),
                        "name another one with --out");
    return;
  }
  const auto mapped = MappedFile::open(file_);
  const auto bytes = mapped->bytes();
  state_ = parse_strict_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file_.string());
  try {
    (void)state_.at("identity").get<std::string>();
    for (const auto& [key, point] : state_.at("points").items()) kept_[key] = point_of(point);
    if (state_.contains("ranking"))
      for (const auto& one : state_.at("ranking")) (void)number_or_infinity(one);
  } catch (const nlohmann::json::exception&) {
    throw data_error("it is no state of a tune", file_.string(), "remove the folder, and tune anew");
  }
}

void TuneJournal::claim() {
  if (!state_.is_null()) return;
  state_ = {{"identity", ""}, {"points", nlohmann::json::object()}};
  write();
}

void TuneJournal::begin(const std::string& identity) {
  const std::string known = state_.at("identity");
  if (!known.empty() && known != identity)
    throw usage_error("the folder has a tune of another recipe, target or model", file_.string(),
                      "name another folder with --out, or remove this one");
  state_["identity"] = identity;
  write();
}

std::optional<std::vector<double>> TuneJournal::ranking() const {
  if (!state_.contains("ranking")) return std::nullopt;
  std::vector<double> found;
  for (const auto& one : state_.at("ranking")) found.push_back(number_or_infinity(one));
  return found;
}

void TuneJournal::keep_ranking(const std::vector<double>& sqnr_db) {
  state_["ranking"] = nlohmann::json::array();
  for (const double one : sqnr_db) state_["ranking"].push_back(finite_or_null(one));
  write();
}

std::string TuneJournal::key_of(const RowSet& rows) {
  std::string key;
  for (const bool one : rows) key += one ? '1' : '0';
  return key;
}

void TuneJournal::ask(const std::string& key, const TunePoint& point) {
  if (std::exchange(is_asked_[key], true)) return;
  asked_.push_back(point);
}

const TunePoint* TuneJournal::find(const RowSet& rows) {
  const std::string key = key_of(rows);
  const auto found = kept_.find(key);
  if (found == kept_.end()) return nullptr;
  if (!is_asked_[key]) ++reused_;
  ask(key, found->second);
  return &found->second;
}

void TuneJournal::keep(const RowSet& rows, const TunePoint& point) {
  const std::string key = key_of(rows);
  kept_[key] = point;
  state_["points"][key] = to_json(point);
  ask(key, point);
  write();
}

void TuneJournal::write() const {
  AtomicFile file(file_);
  file.write(state_.dump(1) + "\n");
  file.commit();
}

}  // namespace vernier::core
