// vernier.sink/1: where a backend writes.
#include "abi/arguments.h"
#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "file/sink_access.h"

namespace vernier::core {

namespace {

// Runs `body(sink, number of the file)` for a sink that is open.
template <typename Body>
vernier_status with_sink(vernier_sink sink, Body&& body) noexcept {
  return answer([&] {
    const Found<HandleKind::kSink> found(sink);
    if (!found) throw plugin_error("no such sink is open").with(VERNIER_INVALID_HANDLE);
    body(found.owner(), found.item());
  });
}

vernier_status write(void*, vernier_sink sink, const void* data, uint64_t length) {
  return with_sink(sink, [&](SinkAccess& files, uint32_t place) {
    HostServices::with_current([](const HostServices* session) {
      if (session != nullptr) session->control().check();
    });
    files.write(place, given(static_cast<const std::byte*>(data), length, "the bytes of a file"));
  });
}

vernier_status companion(void*, vernier_sink sink, vernier_string suffix, vernier_sink* result,
                         vernier_string* name) {
  return with_sink(sink, [&](SinkAccess& files, uint32_t place) {
    given(result, "a companion's handle");
    given(name, "a companion's name");
    std::string_view called;
    *result = files.companion(place, given(suffix, "a companion's suffix"), called);
    *name = to_abi(called);
  });
}

}  // namespace

const vernier_sink_interface* sink_interface() {
  static const vernier_sink_interface table = {VERNIER_SIZE_UP_TO(vernier_sink_interface, companion), &write,
                                               &companion};
  return &table;
}

}  // namespace vernier::core
