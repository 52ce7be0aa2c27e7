#include "session/backend_call.h"

#include <vector>

#include "abi/handle_space.h"
#include "file/sink_access.h"

namespace vernier::core {

void report_graph_failure(vernier_status status, std::string_view what) { fail(status, std::string(what)); }

void call_backend(HostServices& services, const LoadedBackend& backend, const std::string& options,
                  std::span<const BackendGraph> graphs, SinkFiles& out) {
  const SinkAccess sink(services, out);
  std::vector<Lease<HandleKind::kGraph>> leases;
  std::vector<vernier_graph> handles;
  std::vector<vernier_string> names;
  for (const BackendGraph& each : graphs) {
    leases.emplace_back(services, *each.graph);
    handles.push_back(leases.back().handle());
    names.push_back({each.name.data(), each.name.size()});
  }
  try {
    services.call(backend.plugin, "backend " + backend.info->name, [&] {
      const vernier_string text = to_abi(options);
      if (graphs.size() == 1) return backend.table->write(backend.host, text, handles.front(), sink.handle());
      return backend.table->write_set(backend.host, text, names.data(), handles.data(), handles.size(),
                                      sink.handle());
    });
  } catch (...) {
    out.rethrow_refusal();
    throw;
  }
  out.rethrow_refusal();
}

}  // namespace vernier::core
