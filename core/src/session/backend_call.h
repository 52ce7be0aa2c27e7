// One call of a backend: its graphs and its sink are handles for as long as it lasts.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "file/sink_files.h"
#include "graph/graph_access.h"
#include "plugin/plugin_hub.h"

namespace vernier::core {

struct BackendGraph {
  std::string_view name;  // in the file; not looked at where the graph is the only one
  const GraphAccess* graph = nullptr;
};

// `write` for one graph, `write_set` for more, which the backend must have. Throws what `out` refused, a
// stop, Error (kPlugin).
void call_backend(HostServices& services, const LoadedBackend& backend, const std::string& options,
                  std::span<const BackendGraph> graphs, SinkFiles& out);

// What GraphAccess says of a backend's mistakes, as the host's error object. Throws.
void report_graph_failure(vernier_status status, std::string_view what);

}  // namespace vernier::core
