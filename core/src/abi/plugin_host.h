// The table that one plugin library gets: valid until the process ends, whatever the number of sessions.
#pragma once

#include <string>

#include "vernier/abi/host.h"

namespace vernier::core {

class PluginHost {
 public:
  explicit PluginHost(std::string id);
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  [[nodiscard]] const vernier_host* table() const { return &table_; }

 private:
  static void log_line(void* context, int32_t level, vernier_string text);

  const std::string id_;
  const vernier_host table_;
};

}  // namespace vernier::core
