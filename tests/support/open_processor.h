// A processor's plugin, loaded as a session loads it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "calibration/processor.h"
#include "kernels/thread_pool.h"
#include "plugin/catalog.h"
#include "plugin/discovery.h"
#include "plugin/plugin_hub.h"

namespace vernier::test {

class ProcessorPlugin {
 public:
  // `library` is relative to the build folder.
  explicit ProcessorPlugin(const std::string& library)
      : found_(core::look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / library)),
        pool_(1),
        services_(pool_),
        catalog_({{*found_.manifest, found_.file, found_.sha256, found_.image}}),
        hub_(services_, catalog_) {}

  [[nodiscard]] std::shared_ptr<const core::Processor> open(const std::string& name,
                                                            const std::string& options,
                                                            const std::filesystem::path& checkpoint) {
    return std::make_shared<const core::Processor>(services_, hub_.processor(name), name, options,
                                                   checkpoint);
  }

 private:
  core::Candidate found_;
  core::ThreadPool pool_;
  core::HostServices services_;
  core::Catalog catalog_;
  core::PluginHub hub_;
};

}  // namespace vernier::test
