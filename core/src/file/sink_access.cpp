#include "file/sink_access.h"

#include "vernier/core/error.h"

namespace vernier::core {

SinkAccess::SinkAccess(const HostServices& services, SinkFiles& files) : services_(services), files_(files) {
  handles_.emplace_back(services, *this, 0);
}

void SinkAccess::write(uint32_t place, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  files_.write(place, bytes);
}

uint64_t SinkAccess::companion(uint32_t place, std::string_view suffix, std::string_view& name) {
  if (place != 0) throw plugin_error("a companion file has no companions of its own");
  const std::lock_guard lock(mutex_);
  const size_t added = files_.add(suffix);
  handles_.emplace_back(services_, *this, static_cast<uint32_t>(added));
  name = files_.name(added);
  return handles_.back().handle();
}

}  // namespace vernier::core
