// Runs a backend on the graphs of one file. Of several each is a subgraph under a name, and the constants
// that they share are written once.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "file/sink_files.h"
#include "file/sparse_bytes.h"
#include "graph/graph.h"
#include "plugin/plugin_hub.h"
#include "session/exporter.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

struct NamedGraph {
  std::string name;  // in the file: the signature's key
  const CapturedGraph* graph = nullptr;
};

// The graph that a file would have, see planned_file().
struct PlannedGraph {
  std::string name;
  Graph graph;
};

// What can be said without loading the backend. Throws Error (kUsage) for a name that is empty or there
// twice, (kPlugin) where there are several and the backend's manifest does not say that it writes sets.
// `where` is the recipe's line.
void require_set(const ComponentInfo& backend, std::span<const std::string> names, const std::string& where);

// Throws Error (kGate) where the profile's consumer takes fewer subgraphs or signatures than `names` are.
void require_set_fits(const Profile& profile, std::span<const std::string> names, const std::string& where);

// Runs one backend on such graphs of one module tree with constants of zeros, up to the first byte that it
// would write and that is not kept. Returns the file; empty where it has more than `keeps` bytes. Throws
// Error (kPlugin) where the backend cannot write it or manifest and library differ, and what require_set()
// throws; of several graphs errors name the graph.
SparseBytes try_export_set(HostServices& services, const LoadedBackend& backend, const std::string& options,
                           std::span<const PlannedGraph> graphs, uint64_t keeps);

// Runs one backend; throws as try_export_set(). The files are complete but not yet under their names:
// commit() gives them. `approve` is asked before a companion is made; what it throws is thrown here. Of
// several graphs constants of equal bytes have one constant_id.
std::unique_ptr<SinkFiles> export_set(HostServices& services, const LoadedBackend& backend,
                                      const std::string& options, std::span<const NamedGraph> graphs,
                                      const std::filesystem::path& file, const SinkFiles::Approve& approve);

}  // namespace vernier::core
