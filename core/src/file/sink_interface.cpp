// vernier.sink/1: where a backend writes.
#include <span>

#include "abi/host_services.h"
#include "file/sink_files.h"

namespace vernier::core {

namespace {

// The file behind the handle, counted from the first; nothing where it is none.
std::optional<size_t> place_of(const HostServices& services, vernier_sink sink) {
  if (services.sink == nullptr || sink < services.sink_handle ||
      sink - services.sink_handle >= services.sink->count())
    return std::nullopt;
  return static_cast<size_t>(sink - services.sink_handle);
}

vernier_status stale() { return fail(VERNIER_INVALID_HANDLE, "no such sink is open"); }

vernier_status write(void* host, vernier_sink sink, const void* data, uint64_t length) {
  const HostServices& services = services_of(host);
  const auto place = place_of(services, sink);
  if (!place) return stale();
  return answer([&] {
    services.sink->write(*place, std::span(static_cast<const std::byte*>(data), static_cast<size_t>(length)));
  });
}

vernier_status companion(void* host, vernier_sink sink, vernier_string suffix, vernier_sink* result,
                         vernier_string* name) {
  const HostServices& services = services_of(host);
  if (place_of(services, sink) != 0) return stale();
  if (result == nullptr || name == nullptr)
    return fail(VERNIER_INVALID_ARGUMENT, "companion was given no place for its result");
  return answer([&] {
    const size_t place = services.sink->add(to_view(suffix));
    *result = services.sink_handle + place;
    *name = to_abi(services.sink->name(place));
  });
}

}  // namespace

const vernier_sink_interface* sink_interface() {
  static const vernier_sink_interface table = {VERNIER_SIZE_UP_TO(vernier_sink_interface, companion), &write,
                                               &companion};
  return &table;
}

}  // namespace vernier::core
