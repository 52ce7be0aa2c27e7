// vernier.results/1: where an executor's tensors go.
#include "abi/arguments.h"
#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "verify/run_results.h"

namespace vernier::core {

namespace {

vernier_status put(void*, vernier_results results, uint64_t output, const vernier_graph_value* description,
                   const void* data, uint64_t length) {
  return answer([&] {
    const Found<HandleKind::kResults> found(results);
    if (!found) throw plugin_error("no such run is going on").with(VERNIER_INVALID_HANDLE);
    found.owner().put(output, given(description, "a tensor's description"), data, length);
  });
}

}  // namespace

const vernier_results_interface* results_interface() {
  static const vernier_results_interface table = {VERNIER_SIZE_UP_TO(vernier_results_interface, put), &put};
  return &table;
}

}  // namespace vernier::core
