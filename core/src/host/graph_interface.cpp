// vernier.graph/1 and vernier.sink/1: what a backend reads and where it writes.
#include "file/atomic_file.h"
#include "graph/graph_access.h"
#include "host/host_services.h"

namespace vernier::core {

namespace {

const GraphAccess* access(void* host, vernier_graph graph) {
  const HostServices& services = services_of(host);
  return services.graph != nullptr && graph == services.graph_handle ? services.graph : nullptr;
}

vernier_status stale() { return fail(VERNIER_INVALID_HANDLE, "no such graph is being exported"); }

// Forwards a call to the graph behind the handle.
template <auto method, typename... Arguments>
vernier_status forward(void* host, vernier_graph graph, Arguments... arguments) {
  const GraphAccess* found = access(host, graph);
  return found == nullptr ? stale() : (found->*method)(arguments...);
}

vernier_status write(void* host, vernier_sink sink, const void* data, uint64_t length) {
  HostServices& services = services_of(host);
  if (services.sink == nullptr || sink != services.sink_handle) return fail(VERNIER_INVALID_HANDLE, "no such sink is open");
  return answer([&] { services.sink->write(std::span(static_cast<const std::byte*>(data), static_cast<size_t>(length))); });
}

}  // namespace

const vernier_graph_interface* graph_interface() {
  static const vernier_graph_interface table = {VERNIER_SIZE_UP_TO(vernier_graph_interface, message),
                                                &forward<&GraphAccess::name>,
                                                &forward<&GraphAccess::counts>,
                                                &forward<&GraphAccess::inputs>,
                                                &forward<&GraphAccess::outputs>,
                                                &forward<&GraphAccess::value>,
                                                &forward<&GraphAccess::node>,
                                                &forward<&GraphAccess::attribute>,
                                                &forward<&GraphAccess::read_constant>,
                                                &forward<&GraphAccess::message>};
  return &table;
}

const vernier_sink_interface* sink_interface() {
  static const vernier_sink_interface table = {VERNIER_SIZE_UP_TO(vernier_sink_interface, write), &write};
  return &table;
}

}  // namespace vernier::core
