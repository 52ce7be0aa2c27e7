// vernier.graph/1: what a backend reads.
#include "abi/host_services.h"
#include "graph/graph_access.h"

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

}  // namespace vernier::core
