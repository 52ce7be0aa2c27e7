// Two sessions in one process, in turn and at once: each gives what it gives alone, and keeps its own log.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/temp_folder.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

// What differs between the two: checkpoint, shape, wrapper's way, observers of two plugins, dtype.
struct Kind {
  const char* name;
  Shape shape;
  bool tries;
  const char* observer;
  const char* dtype;
};
const Kind kKinds[] = {{"first", {2, 4}, false, "catches", "uint8"},
                       {"second", {2, 4}, true, "minmax", "uint8"}};

struct Outcome {
  std::string file, qparams;
  nlohmann::json report;
};

// On plain loops, and on what users have where this build has it.
std::vector<DeviceFactory> devices() {
  std::vector<DeviceFactory> found = {&make_reference_device};
  if (default_device() != &make_reference_device) found.push_back(default_device());
  return found;
}

class TwoSessions : public ::testing::TestWithParam<DeviceFactory> {
 protected:
  TwoSessions() {
    float factor = 1;
    for (const Kind& kind : kKinds) {
      const fs::path folder = folder_ / kind.name;
      const auto scaled = [&](Shape shape) {
        Tensor x = test::ramp(std::move(shape));
        for (int64_t i = 0; i < x.elements(); ++i) x.mutable_as<float>()[i] *= factor;
        return x;
      };
      test::write_tensors(
          folder / "checkpoint/model.safetensors",
          {{"weight", scaled(kind.shape)}, {"late.weight", scaled(kind.shape)}, {"late.scale", scaled({1})}});
      std::map<std::string, Tensor> inputs;
      for (int i = 0; i < 8; ++i, factor += 0.25f) inputs["x." + std::to_string(i)] = scaled(kind.shape);
      test::write_tensors(folder / "inputs.safetensors", inputs);
      factor *= 3;
      test::write_file(folder / "checkpoint/config.json", "{}");
      const nlohmann::json recipe = {
          {"version", 1},
          {"model",
           {{"checkpoint", (folder / "checkpoint").string()},
            {"module", ""},
            {"type", "Catches"},
            {"config", {{"tries", kind.tries ? 1 : 0}, {"who", kind.name}}}}},
          {"quantization",
           {{"activation", {{"observer", kind.observer}, {"dtype", kind.dtype}}},
            {"weight", {{"observer", kind.observer}, {"dtype", kind.dtype}, {"granularity", "tensor"}}}}},
          {"calibration",
           {{"inputs", {{"kind", "safetensors"}, {"path", (folder / "inputs.safetensors").string()}}}}},
          {"export", {{{"backend", "catches"}, {"file", "out.txt"}}}}};
      test::write_file(folder / "recipe.json", recipe.dump());
    }
  }

  [[nodiscard]] Outcome run_one(const Kind& kind, const std::string& out) const {
    SessionOptions options;
    options.recipe = folder_ / kind.name / "recipe.json";
    options.plugin_files = {fs::path(VERNIER_BINARY_DIR) / "fixtures/catches/catches.so"};
    options.out = folder_ / kind.name / out;
    options.device = GetParam();
    nlohmann::json report = *run(options).report;
    report.erase("times");
    return {test::read_file(*options.out / "out.txt"), test::read_file(*options.out / "qparams.json"),
            std::move(report)};
  }

  // The same as alone; each line of the log is its own.
  static void expect_same(const Outcome& outcome, const Outcome& alone, const Kind& kind) {
    EXPECT_EQ(outcome.file, alone.file);
    EXPECT_EQ(outcome.qparams, alone.qparams);
    for (const char* part : {"metrics", "samples", "log", "exports", "plugins"})
      EXPECT_EQ(outcome.report.at(part), alone.report.at(part)) << part << " of the " << kind.name;
    EXPECT_EQ(outcome.report.at("log").size(), 2u) << "a forward runs when it is traced, twice";
    for (const auto& line : outcome.report.at("log"))
      EXPECT_EQ(line.at("text"), std::string("forward of ") + kind.name);
  }

  test::TempFolder folder_;
};

TEST_P(TwoSessions, InTurnAndAtOnceGiveWhatEachGivesAlone) {
  const Outcome alone[] = {run_one(kKinds[0], "alone"), run_one(kKinds[1], "alone")};
  EXPECT_NE(alone[0].qparams, alone[1].qparams);
  for (size_t i : {0, 1, 1, 0}) expect_same(run_one(kKinds[i], "again"), alone[i], kKinds[i]);
  constexpr int kRounds = 6;
  std::vector<Outcome> outcomes[2];
  std::thread threads[2];
  for (size_t i = 0; i < 2; ++i) {
    threads[i] = std::thread([&, i] {
      for (int round = 0; round < kRounds; ++round)
        outcomes[i].push_back(run_one(kKinds[i], std::to_string(round)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(outcomes[i].size(), static_cast<size_t>(kRounds));
    for (const Outcome& outcome : outcomes[i]) expect_same(outcome, alone[i], kKinds[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, TwoSessions, ::testing::ValuesIn(devices()), [](const auto& one) {
  return one.param == &make_reference_device ? "reference" : "torch";
});

}  // namespace
}  // namespace vernier::core
