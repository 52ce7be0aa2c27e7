// An executor whose runtime is not there says so with NOT_FOUND, what it looked for and what to do; no file
// stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/linear_recipe.h"
#include "support/temp_folder.h"
#include "support/tensors.h"
#include "vernier/core/error.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Runtime {
  const char* executor;
  const char* backend;
  const char* file;
  const char* package;
};

class MissingRuntime : public ::testing::TestWithParam<Runtime> {
 protected:
  // The error of a run whose file is executed by this Python.
  Error error_with(const std::string& python) {
    test::write_tensors(folder_ / "checkpoint/model.safetensors", {{"weight", test::ramp({4, 8})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    nlohmann::json recipe = test::linear_recipe(folder_ / "checkpoint", false, {2, 8}, 2);
    recipe["quantization"] = {{"weight", {{"dtype", "int8"}}}};
    recipe["export"] = {{{"backend", GetParam().backend},
                         {"file", GetParam().file},
                         {"verify", {{"executor", GetParam().executor}, {"options", {{"python", python}}}}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    try {
      (void)run(options);
    } catch (const Error& error) {
      EXPECT_FALSE(fs::exists(folder_ / "out" / GetParam().file));
      return error;
    }
    return Error(ErrorKind::kInternal, {"the run ended without an error", "", ""});
  }

  test::TempFolder folder_;
};

TEST_P(MissingRuntime, NoSuchPython) {
  const Error error = error_with("/nonexistent/python");
  EXPECT_EQ(error.status(), VERNIER_NOT_FOUND) << error.format();
  EXPECT_THAT(error.format(), HasSubstr("cannot start /nonexistent/python"));
}

TEST_P(MissingRuntime, APythonWithoutThePackage) {
  if (std::system("python3 -S -c 'import os' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  const fs::path bare = folder_ / "bare-python";
  test::write_file(bare, "#!/bin/sh\nexec python3 -S -I \"$@\"\n");
  fs::permissions(bare, fs::perms::owner_all);
  const Error error = error_with(bare.string());
  EXPECT_EQ(error.status(), VERNIER_NOT_FOUND) << error.format();
  EXPECT_THAT(error.format(), HasSubstr("lacks a package"));
  EXPECT_THAT(error.format(), HasSubstr(std::string("pip install ") + GetParam().package));
}

INSTANTIATE_TEST_SUITE_P(Executors, MissingRuntime,
                         ::testing::Values(Runtime{"litert", "tflite", "out.tflite", "ai-edge-litert"},
                                           Runtime{"onnxruntime", "onnx", "out.onnx", "onnxruntime"}),
                         [](const auto& one) { return std::string(one.param.executor); });

}  // namespace
}  // namespace vernier::core
