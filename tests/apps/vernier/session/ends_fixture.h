// A run with the plugin `ends`, which ends the process, crashes or never returns at a chosen place.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "program.h"
#include "vernier/core/synthesize.h"

namespace vernier::test {

inline constexpr const char* kEndsPlugin = VERNIER_BINARY_DIR "/fixtures/ends/ends.so";

struct Place {
  const char* name;
  bool observes;
  bool is_after_commit = false;  // the run's results are there already, complete
};
// Where code of a plugin runs in the host.
inline constexpr Place kPlaces[] = {{"static initializer", false},
                                    {"static initializer", true},
                                    {"constructor", false},
                                    {"destructor", false, true},
                                    {"forward", false},
                                    {"observer", true},
                                    {"observer's destructor", true},
                                    {"collect", true},
                                    {"qparams", true},
                                    {"backend", false},
                                    {"executor's open", false},
                                    {"executor", false},
                                    {"executor's close", false}};

class EndsTest : public ::testing::Test {
 protected:
  EndsTest() {
    write_file(folder_ / "description.json",
               R"({"seed": 1, "config": {}, "tensors": [{"name": "dense.weight", "dtype": "float32",)"
               R"( "shape": [3, 4], "distribution": "normal", "mean": 0, "std": 1}]})");
    core::synthesize(folder_ / "description.json", folder_ / "checkpoint");
  }

  [[nodiscard]] std::filesystem::path mark() const { return folder_ / "mark"; }
  [[nodiscard]] std::filesystem::path out() const { return folder_ / "run"; }

  // The wrapper, the backend and the executor are the plugin's; so is the observer where `observes`, which
  // then is what loads the library.
  std::string recipe(bool observes) {
    nlohmann::json recipe = {
        {"version", 1},
        {"model", {{"checkpoint", "checkpoint"}, {"module", ""}, {"type", "Ends"}}},
        {"calibration",
         {{"inputs",
           {{"kind", "synthetic"},
            {"inputs", {{"input", {{"shape", {2, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
          {"samples", 2}}},
        {"export", {{{"backend", "ends"}, {"file", "model.ends"}, {"verify", nlohmann::json::object()}}}}};
    if (observes) {
      recipe["model"] = {{"checkpoint", "checkpoint"},
                         {"module", "dense"},
                         {"type", "Linear"},
                         {"config", {{"bias", false}}}};
      recipe["quantization"] = {{"activation", {{"observer", "ends"}}}};
      recipe["export"] = {{{"backend", "circle"}, {"file", "model.circle"}}};
    }
    if (isolates_) recipe["runtime"] = {{"isolate", *isolates_}};
    write_file(folder_ / "recipe.json", recipe.dump(2));
    return (folder_ / "recipe.json").string();
  }

  // `end`: "place:act" or empty.
  Program start(const std::string& command, const std::string& end, bool observes = false,
                bool in_probe = false) {
    std::filesystem::remove(mark());
    std::vector<std::string> environment = {"VERNIER_TEST_END=" + end,
                                            "VERNIER_TEST_END_MARK=" + mark().string(),
                                            "XDG_CACHE_HOME=" + (folder_ / "cache").string()};
    if (in_probe) {
      std::filesystem::remove_all(folder_ / "cache");  // where the library has passed already
      environment.push_back("VERNIER_TEST_END_IN_PROBE=1");
    }
    return Program({command, recipe(observes), "--out", out().string(), "--plugin", kEndsPlugin}, environment,
                   folder_.path());
  }

  // Of a run that ended at `place`: the earlier result, or all of the new one.
  void expect_result(const Place& place, std::map<std::string, std::string> before,
                     const std::string& end) const {
    std::map<std::string, std::string> now = contents(out());
    if (place.is_after_commit) {
      // They have the seconds that it took.
      for (const char* report : {"report.json", "report.html", ".vernier-outputs.json"}) {
        EXPECT_EQ(now.count(report), before.count(report)) << end;
        now.erase(report), before.erase(report);
      }
    }
    EXPECT_TRUE(now == before) << end << ": the earlier result is another, or something was left";
  }

  std::optional<bool> isolates_ = false;  // without a trial, what the host itself does where a plugin ends it
  TempFolder folder_;
};

}  // namespace vernier::test
