// The processor checkpoint_files on checkpoints of a test's own.
#pragma once

#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/open_processor.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {

// $VERNIER_PYTHON, or what `make setup` makes.
inline std::string processor_python() {
  const char* given = std::getenv("VERNIER_PYTHON");
  return given != nullptr && *given != '\0' ? given : VERNIER_SOURCE_DIR "/.venv-processor/bin/python";
}

// A copy of tests/data/gemma4_shapes that a test may change: a tokenizer of 320 tokens, and pictures of 8x8
// patches. `make setup` installs the packages that it needs.
class CheckpointFiles : public ::testing::Test {
 protected:
  CheckpointFiles() {
    const std::filesystem::path data = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/gemma4_shapes";
    for (const auto& file : std::filesystem::directory_iterator(data)) {
      if (file.is_regular_file()) std::filesystem::copy_file(file, folder_ / file.path().filename().string());
    }
  }

  std::shared_ptr<const Processor> open(nlohmann::json options = nlohmann::json::object()) {
    if (!options.contains("python")) options["python"] = processor_python();
    return plugin_.open("checkpoint_files", options.dump(), folder_.path());
  }
  // Pictures of at most 108 patches, as the checkpoint was trained.
  std::shared_ptr<const Processor> open_small() { return open({{"max_soft_tokens", 12}}); }

  [[nodiscard]] ProcessedRequest encode(const Processor& processor, const nlohmann::json& request) const {
    return processor.encode(request.dump(), folder_.path(), "sample 0");
  }
  static std::vector<int32_t> integers(const ProcessedRequest& made, const std::string& name) {
    const Tensor& tensor = input(made, name);
    EXPECT_EQ(tensor.dtype, kInt32) << name;
    return {tensor.as<int32_t>(), tensor.as<int32_t>() + tensor.elements()};
  }
  static const Tensor& input(const ProcessedRequest& made, const std::string& name) {
    for (const auto& [given, tensor] : made.inputs) {
      if (given == name) return tensor;
    }
    ADD_FAILURE() << "no input " << name;
    return made.inputs.at(0).second;
  }
  template <typename Body>
  static void expect_status(vernier_status status, ErrorKind kind, const std::string& words, Body&& body) {
    try {
      body();
      ADD_FAILURE() << "no error; wanted: " << words;
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), status) << error.format();
      EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.format();
      EXPECT_THAT(error.format(), ::testing::HasSubstr(words));
    }
  }
  void expect_refused(const Processor& processor, const nlohmann::json& request, vernier_status status,
                      const std::string& words) const {
    SCOPED_TRACE(request.dump());
    const ErrorKind kind = status == VERNIER_UNIMPLEMENTED ? ErrorKind::kPlugin : ErrorKind::kData;
    expect_status(status, kind, words, [&] { (void)encode(processor, request); });
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    test::write_file(folder_ / name, text);
  }

  test::TempFolder folder_;
  test::ProcessorPlugin plugin_{"lib/vernier/plugins/checkpoint_files.so"};
};

}  // namespace vernier::core
