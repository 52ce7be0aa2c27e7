// Runs a recipe as the command line does, into a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "support/temp_folder.h"
#include "vernier/core/session.h"

namespace vernier::core::testing {

inline std::filesystem::path source_file(const std::string& path) {
  return std::filesystem::path(VERNIER_SOURCE_DIR) / path;
}

inline nlohmann::json read_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in.good()) << file;
  return nlohmann::json::parse(in, nullptr, true, /*ignore_comments=*/true);
}

inline RunResult run_recipe(const std::filesystem::path& recipe, const std::filesystem::path& out,
                            const std::vector<std::string>& overrides = {},
                            DeviceFactory device = &make_reference_device) {
  SessionOptions options;
  options.recipe = recipe;
  options.overrides = overrides;
  options.out = out;
  options.save_outputs = true;
  options.device = device;
  return run(options);
}

inline std::vector<float> floats_of(const Checkpoint& file, const std::string& name) {
  const Tensor tensor = file.tensor(name);
  EXPECT_EQ(tensor.dtype, kFloat32) << name;
  return {tensor.as<float>(), tensor.as<float>() + tensor.elements()};
}

}  // namespace vernier::core::testing
