// The executor as the host has it: its library loaded, a file opened and run through the ABI.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"
#include "support/temp_folder.h"
#include "verify/executed_file.h"
#include "vernier/core/error.h"

namespace vernier::test {

class CircleExecutor {
 public:
  CircleExecutor() {
    const core::Candidate found = core::look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "lib/vernier/plugins/circle_executor.so");
    const core::CatalogPlugin plugin{found.manifest.value(), found.file, found.sha256};
    executor_.plugin = plugin.manifest.id;
    executor_.name = "circle";
    executor_.host = services_.table_for(executor_.plugin);
    library_ = std::make_unique<core::Library>(plugin, executor_.host);
    executor_.table = static_cast<const vernier_executor*>(library_->component(VERNIER_EXECUTOR, "circle"));
  }

  core::ExecutedFile open(const std::filesystem::path& file, const std::string& options = "{}") { return {services_, executor_, options, file}; }
  core::ExecutedFile open_bytes(const std::string& bytes, const std::string& options = "{}") {
    write_file(folder_ / "model.circle", bytes);
    return open(folder_ / "model.circle", options);
  }

 private:
  TempFolder folder_;
  core::ThreadPool pool_{1};
  core::HostServices services_{pool_};
  std::unique_ptr<core::Library> library_;
  core::LoadedExecutor executor_;
};

// A tensor of the host with these bytes.
inline core::Tensor host_tensor(DType dtype, const core::Shape& shape, const std::string& bytes) {
  core::Tensor tensor = core::Tensor::allocate(dtype, shape);
  EXPECT_EQ(tensor.bytes(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), tensor.mutable_as<char>());
  return tensor;
}

}  // namespace vernier::test
