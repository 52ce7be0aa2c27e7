// vernier.graph/1: what a backend reads.
#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "graph/graph_access.h"

namespace vernier::core {

namespace {

// Forwards a call to the graph behind the handle.
template <auto method, typename... Arguments>
vernier_status forward(void*, vernier_graph graph, Arguments... arguments) {
  const Found<HandleKind::kGraph> found(graph);
  if (!found) return fail(VERNIER_INVALID_HANDLE, "no such graph is being exported");
  return (found.owner().*method)(arguments...);
}

}  // namespace

const vernier_graph_interface* graph_interface() {
  static const vernier_graph_interface table = {VERNIER_SIZE_UP_TO(vernier_graph_interface, graph_attribute),
                                                &forward<&GraphAccess::name>,
                                                &forward<&GraphAccess::counts>,
                                                &forward<&GraphAccess::inputs>,
                                                &forward<&GraphAccess::outputs>,
                                                &forward<&GraphAccess::value>,
                                                &forward<&GraphAccess::node>,
                                                &forward<&GraphAccess::attribute>,
                                                &forward<&GraphAccess::read_constant>,
                                                &forward<&GraphAccess::message>,
                                                &forward<&GraphAccess::graph_attribute>};
  return &table;
}

}  // namespace vernier::core
