#include "session/export_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <deque>
#include <set>

#include "graph/message.h"
#include "session/backend_call.h"
#include "session/constant_ids.h"

namespace vernier::core {

namespace {

// As check_capabilities(), with the graph's name before the place; the only graph of a file has none.
void check_named(const std::string& name, const Graph& graph, const ComponentInfo& backend) {
  try {
    check_capabilities(graph, backend);
  } catch (const Error& error) {
    if (name.empty()) throw;
    std::vector<Diagnostic> all = error.diagnostics();
    all.front().where = fmt::format("graph {}, {}", name, all.front().where);
    throw Error(error.kind(), std::move(all)).with(error.status());
  }
}

template <typename Graphs>
std::vector<std::string> names_of(const Graphs& graphs) {
  std::vector<std::string> names;
  for (const auto& each : graphs) names.push_back(each.name);
  return names;
}

// The messages that one call reads, under their names.
class SetAccess {
 public:
  void add(const std::string& name, const Graph& graph, ConstantReader reader) {
    accesses_.emplace_back(write_message(graph), std::move(reader), &report_graph_failure);
    graphs_.push_back({name, &accesses_.back()});
  }
  [[nodiscard]] std::span<const BackendGraph> graphs() const { return graphs_; }

 private:
  std::deque<GraphAccess> accesses_;  // stay where they are
  std::vector<BackendGraph> graphs_;
};

}  // namespace

void require_set(const ComponentInfo& backend, std::span<const std::string> names, const std::string& where) {
  if (names.empty()) throw usage_error("a file needs a graph", where, "name the units that it is to hold");
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty() || name.find('\0') != std::string::npos)
      throw usage_error("a graph of a file needs a name of visible characters", where,
                        "give each unit of the export a name");
    if (!seen.insert(name).second)
      throw usage_error(fmt::format("two graphs of one file are called {}", name), where,
                        "give them different names: a runtime chooses by them");
  }
  if (names.size() == 1 || backend.writes_sets) return;
  throw plugin_error(fmt::format("backend {} writes one graph a file; {} were asked for: {}", backend.name,
                                 names.size(), fmt::join(names, ", ")),
                     where,
                     "export each to a file of its own, or use a backend whose manifest has \"sets\": true");
}

void require_set_fits(const Profile& profile, std::span<const std::string> names, const std::string& where) {
  const auto refuse = [&](const char* what, size_t limit) {
    throw Error(ErrorKind::kGate,
                Diagnostic{fmt::format("profile {} takes files of {} {}; {} were asked for: {}", profile.name,
                                       limit, what, names.size(), fmt::join(names, ", ")),
                           where, "export each graph to a file of its own, or name another \"profile\""});
  };
  if (names.size() <= 1) return;
  if (profile.limits.subgraphs && names.size() > *profile.limits.subgraphs)
    refuse(*profile.limits.subgraphs == 1 ? "subgraph" : "subgraphs", *profile.limits.subgraphs);
  if (profile.limits.signatures && names.size() > *profile.limits.signatures)
    refuse(*profile.limits.signatures == 1 ? "signature" : "signatures", *profile.limits.signatures);
}

namespace {

// What the manifest promises of sets, and that the library keeps it.
void require_backend(const LoadedBackend& backend, std::span<const std::string> names) {
  require_set(*backend.info, names, {});
  if (names.size() == 1 || backend.table->write_set != nullptr) return;
  throw plugin_error(fmt::format("backend {} says that it writes sets, and its library has no write_set",
                                 backend.info->name),
                     "plugin " + backend.plugin,
                     "its author forgot one of the two: \"sets\" in the manifest, or the function");
}

}  // namespace

SparseBytes try_export_set(HostServices& services, const LoadedBackend& backend, const std::string& options,
                           std::span<const PlannedGraph> graphs, uint64_t keeps) {
  require_backend(backend, names_of(graphs));
  SetAccess access;
  ConstantIds ids;
  for (const PlannedGraph& each : graphs) {
    Graph graph = each.graph;
    if (graphs.size() > 1) ids.assign(graph);
    check_named(graphs.size() > 1 ? each.name : "", graph, *backend.info);
    access.add(each.name, graph, [](ValueIndex, uint64_t, void* destination, uint64_t length) {
      std::memset(destination, 0, length);
    });
  }
  SinkFiles out("trial", SinkFiles::Trial{keeps});
  try {
    call_backend(services, backend, options, access.graphs(), out);
  } catch (const Error&) {
    if (!out.is_cut()) throw;
  }
  return out.take_kept();
}

std::unique_ptr<SinkFiles> export_set(HostServices& services, const LoadedBackend& backend,
                                      const std::string& options, std::span<const NamedGraph> graphs,
                                      const std::filesystem::path& file, const SinkFiles::Approve& approve) {
  require_backend(backend, names_of(graphs));
  SetAccess access;
  ConstantIds ids;
  for (const NamedGraph& each : graphs) {
    Graph graph = each.graph->graph();
    if (graphs.size() > 1) ids.assign(graph, *each.graph);
    check_named(graphs.size() > 1 ? each.name : "", graph, *backend.info);
    access.add(
        each.name, graph,
        [captured = each.graph](ValueIndex value, uint64_t offset, void* destination, uint64_t length) {
          captured->read(value, offset, destination, length);
        });
  }
  auto out = std::make_unique<SinkFiles>(file, approve);
  call_backend(services, backend, options, access.graphs(), *out);
  return out;
}

}  // namespace vernier::core
