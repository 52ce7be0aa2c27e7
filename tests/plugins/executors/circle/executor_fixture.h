// The executor as the host has it: its library loaded, a file opened and run through the ABI.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"
#include "support/host_tensor.h"
#include "verify/executed_file.h"
#include "vernier/core/error.h"
#include "vernier/core/plugins.h"

namespace vernier::test {

// A file that lies in memory; gone with this object.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : number_(::memfd_create("circle", MFD_CLOEXEC)) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written <= 0) break;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  ~MemoryFile() { ::close(number_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

class CircleExecutor {
 public:
  CircleExecutor() {
    const core::Candidate found = core::look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) /
                                                       "lib/vernier/plugins/circle_executor.so");
    const core::CatalogPlugin plugin{found.manifest.value(), found.file, found.sha256, found.image};
    executor_.plugin = plugin.manifest.id;
    executor_.name = "circle";
    const core::Library& library = core::Plugins::of_process().load(plugin, &services_);
    executor_.host = library.host();
    executor_.table = static_cast<const vernier_executor*>(library.component(VERNIER_EXECUTOR, "circle"));
  }

  [[nodiscard]] const vernier_executor& table() const { return *executor_.table; }
  core::ExecutedFile open(const std::filesystem::path& file, const std::string& options = "{}") {
    return {services_, executor_, options, file};
  }
  core::ExecutedFile open_bytes(std::string_view bytes, const std::string& options = "{}") {
    return open(MemoryFile(bytes).path(), options);
  }
  // Any bytes: runs them on ramps, and zeros as indices, where they are a file with inputs of a sane size.
  // True where the run came to its end; an Error is as good an answer.
  bool survives(std::string_view bytes,
                const std::string& options = R"({"max_memory_mib": 4, "max_operations": 1000000})") {
    try {
      core::ExecutedFile file = open_bytes(bytes, options);
      std::vector<core::Tensor> inputs;
      for (const core::FileTensor& input : file.inputs()) {
        inputs.push_back(core::Tensor::allocate(input.dtype, input.shape));
        const bool is_index = input.dtype.is_integer() && input.dtype.bits >= 32;
        for (uint64_t i = 0; i < inputs.back().bytes(); ++i)
          inputs.back().mutable_as<uint8_t>()[i] = is_index ? uint8_t{0} : static_cast<uint8_t>(i * 37 % 64);
      }
      static_cast<void>(file.run(inputs, true));
      return true;
    } catch (const core::Error&) {
      return false;
    }
  }

 private:
  core::ThreadPool pool_{1};
  core::HostServices services_{pool_};
  core::LoadedExecutor executor_;
};

}  // namespace vernier::test
