// vernier.results/1: where an executor's tensors go.
#include "abi/host_services.h"
#include "verify/run_results.h"

namespace vernier::core {

namespace {

vernier_status put(void* host, vernier_results results, uint64_t output,
                   const vernier_graph_value* description, const void* data, uint64_t length) {
  const HostServices& services = services_of(host);
  if (services.results == nullptr || results != services.results_handle)
    return fail(VERNIER_INVALID_HANDLE, "no such run is going on");
  if (description == nullptr) return fail(VERNIER_INVALID_ARGUMENT, "put was given no description");
  return answer([&] { services.results->put(output, *description, data, length); });
}

}  // namespace

const vernier_results_interface* results_interface() {
  static const vernier_results_interface table = {VERNIER_SIZE_UP_TO(vernier_results_interface, put), &put};
  return &table;
}

}  // namespace vernier::core
