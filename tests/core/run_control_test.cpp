// The stop flag and its way out of every function that has no session.
#include "vernier/core/run_control.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/temp_folder.h"
#include "vernier/core/check.h"
#include "vernier/core/inspect.h"
#include "vernier/core/plugins.h"
#include "vernier/core/profiles.h"
#include "vernier/core/synthesize.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return internal_error("nothing was thrown");
}

struct Reason {
  Stop stop;
  int exit_code;
  const char* text;
};

TEST(RunControl, AStopIsAnErrorOfItsReasonsKind) {
  const Reason table[] = {
      {Stop::kHangup, 129, "error: stopped by the user (SIGHUP)\n  nothing was written\n"},
      {Stop::kInterrupt, 130, "error: stopped by the user (SIGINT)\n  nothing was written\n"},
      {Stop::kTerminate, 143, "error: stopped by the user (SIGTERM)\n  nothing was written\n"}};
  for (const Reason& reason : table) {
    RunControl control;
    EXPECT_FALSE(control.stop_requested());
    EXPECT_NO_THROW(control.check());
    control.request_stop(reason.stop);
    EXPECT_TRUE(control.stop_requested());
    const Error error = error_of([&] { control.check(); });
    EXPECT_EQ(error.exit_code(), reason.exit_code);
    EXPECT_TRUE(error.is_stop());
    EXPECT_EQ(error.format(), reason.text);
  }
  EXPECT_FALSE(usage_error("x").is_stop());
}

TEST(RunControl, TheFirstReasonCountsAndStays) {
  RunControl control;
  control.request_stop(Stop::kTerminate);
  control.request_stop(Stop::kInterrupt);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(error_of([&] { control.check(); }).kind(), ErrorKind::kTerminated) << i;
}

TEST(RunControl, TheListenerHearsWhatIsReported) {
  std::vector<std::string> heard;
  const RunControl control([&](const Progress& p) {
    heard.push_back(std::string(p.phase) + "|" + std::string(p.text) + "|" + std::to_string(p.done) + "/" +
                    std::to_string(p.total));
  });
  control.report({"calibrate", "on 2 samples"});
  control.report({"calibrate", {}, 1, 2});
  EXPECT_THAT(heard, testing::ElementsAre("calibrate|on 2 samples|0/0", "calibrate||1/2"));
  RunControl::none().report({"calibrate", {}, 1, 2});
  EXPECT_NO_THROW(RunControl::none().check());
}

struct Call {
  const char* name;
  std::function<void(const RunControl&)> function;
};

TEST(RunControl, EveryFunctionWithoutASessionStops) {
  const test::TempFolder folder;
  test::write_file(folder / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [{"name": "w", "dtype": "float32",)"
                   R"( "shape": [3, 4], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder / "description.json", folder / "checkpoint");
  test::write_file(folder / "empty.tflite", "....TFL3");
  const Call table[] = {
      {"inspect a folder", [&](const RunControl& c) { (void)inspect(folder / "checkpoint", c); }},
      {"inspect a file",
       [&](const RunControl& c) { (void)inspect(folder / "checkpoint/model.safetensors", c); }},
      {"synthesize",
       [&](const RunControl& c) { synthesize(folder / "description.json", folder / "other", c); }},
      {"check_file", [&](const RunControl& c) { (void)check_file(folder / "empty.tflite", {}, c); }},
      {"Profiles::find", [&](const RunControl& c) { (void)Profiles::find({}, c); }},
      {"list_plugins", [&](const RunControl& c) { (void)list_plugins({}, c); }},
      {"explain_plugin", [&](const RunControl& c) { (void)explain_plugin("minmax", {}, c); }},
      {"recipe_schema", [&](const RunControl& c) { (void)recipe_schema({}, c); }}};
  for (const Call& call : table) {
    RunControl control;
    EXPECT_NO_THROW(call.function(control)) << call.name;
    fs::remove_all(folder / "other");
    control.request_stop(Stop::kTerminate);
    EXPECT_EQ(error_of([&] { call.function(control); }).kind(), ErrorKind::kTerminated) << call.name;
  }
  EXPECT_FALSE(fs::exists(folder / "other")) << "what was stopped left something";
}

}  // namespace
}  // namespace vernier::core
