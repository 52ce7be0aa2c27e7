// What a tune has found so far, in its folder: a tune that was stopped goes on from there.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session/tune_search.h"
#include "vernier/core/tune.h"

namespace vernier::core {

class TuneJournal {
 public:
  // Refuses a folder that no tune wrote. Throws Error: kUsage; kData for a tune.json that is damaged.
  explicit TuneJournal(const std::filesystem::path& folder);

  // Makes the folder that of a tune, before anything else is written there.
  void claim();
  // Once it is known what is tuned. Throws Error (kUsage) where the folder has another tune.
  void begin(const std::string& identity);
  // By row, SQNR in dB; nothing: not known yet.
  [[nodiscard]] std::optional<std::vector<double>> ranking() const;
  void keep_ranking(const std::vector<double>& sqnr_db);
  // What was measured with these rows wide; null: nothing.
  [[nodiscard]] const TunePoint* find(const RowSet& rows);
  void keep(const RowSet& rows, const TunePoint& point);

  // In the order in which they were asked for.
  [[nodiscard]] const std::vector<TunePoint>& points() const { return asked_; }
  [[nodiscard]] uint64_t reused() const { return reused_; }

 private:
  static std::string key_of(const RowSet& rows);
  void write() const;
  void ask(const std::string& key, const TunePoint& point);

  std::filesystem::path file_;
  nlohmann::json state_;
  std::map<std::string, TunePoint> kept_;
  std::map<std::string, bool> is_asked_;
  std::vector<TunePoint> asked_;
  uint64_t reused_ = 0;
};

[[nodiscard]] nlohmann::json to_json(const TunePoint& point);

}  // namespace vernier::core
