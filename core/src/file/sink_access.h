// A backend's way to the files of one export: their handles.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "abi/handle_space.h"
#include "file/sink_files.h"

namespace vernier::core {

// The handles are valid as long as this object. [any thread]
class SinkAccess {
 public:
  // Both must outlive this.
  SinkAccess(const HostServices& services, SinkFiles& files);
  SinkAccess(const SinkAccess&) = delete;
  SinkAccess& operator=(const SinkAccess&) = delete;

  // Of the first file.
  [[nodiscard]] uint64_t handle() const { return handles_.front().handle(); }

  // Behind vernier.sink/1; `place` is the number of the file. Each throws Error.
  void write(uint32_t place, std::span<const std::byte> bytes);
  // Opens a companion of the first file; returns its handle. `name` is valid as long as this object.
  uint64_t companion(uint32_t place, std::string_view suffix, std::string_view& name);

 private:
  const HostServices& services_;
  std::mutex mutex_;
  SinkFiles& files_;
  std::vector<Lease<HandleKind::kSink>> handles_;  // by place
};

}  // namespace vernier::core
