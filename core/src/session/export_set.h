// Several graphs in one file: subgraphs of it, each under a name, with the constants that they share written
// once.
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

// try_export() with several graphs of one module tree. Throws also what require_set() throws, and Error
// (kPlugin) where manifest and library differ; errors name the graph. One graph alone: try_export().
SparseBytes try_export_set(HostServices& services, const LoadedBackend& backend, const std::string& options,
                           std::span<const PlannedGraph> graphs, uint64_t keeps);

// export_graph() with several graphs; throws as try_export_set(). Constants of equal bytes have one
// constant_id. One graph alone: export_graph(), to the byte.
std::unique_ptr<SinkFiles> export_set(HostServices& services, const LoadedBackend& backend,
                                      const std::string& options, std::span<const NamedGraph> graphs,
                                      const std::filesystem::path& file, const SinkFiles::Approve& approve);

}  // namespace vernier::core
