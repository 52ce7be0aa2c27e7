// What plugins call: one vernier_host a plugin, the interfaces behind it, and the error object of the calling
// thread.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vernier/abi/backend.h"
#include "vernier/abi/context.h"
#include "vernier/abi/graph.h"
#include "vernier/abi/host.h"
#include "vernier/abi/json.h"
#include "vernier/abi/kernels.h"
#include "vernier/abi/module.h"
#include "vernier/abi/ops.h"
#include "vernier/abi/results.h"
#include "vernier/abi/sink.h"
#include "vernier/core/error.h"

namespace vernier::core {

class TreeBuilder;
class Runtime;
class GraphAccess;
class SinkFiles;
class RunResults;
class ThreadPool;

// A warning or note that a plugin logged, kept for the report.
struct LogLine {
  int32_t level;
  std::string plugin;
  std::string text;
};

class HostServices {
 public:
  explicit HostServices(ThreadPool& pool) : pool_(pool) {}
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  // The table that plugin `id` gets; its address stays valid as long as this object.
  const vernier_host* table_for(const std::string& id);

  ThreadPool& pool() { return pool_; }
  const std::vector<LogLine>& log() const { return log_; }

  // Runs one call into a plugin. When it fails, throws what the plugin or the host recorded on the way, with
  // `where` and the plugin's id added.
  void call(const std::string& plugin, const std::string& where,
            const std::function<vernier_status()>& function);

  // Who answers the interfaces at the moment; null outside their phase. Set by scopes of the session.
  TreeBuilder* builder = nullptr;
  Runtime* runtime = nullptr;
  const GraphAccess* graph = nullptr;
  uint64_t graph_handle = 0;
  SinkFiles* sink = nullptr;
  uint64_t sink_handle = 0;  // of the first file; companions follow
  RunResults* results = nullptr;
  uint64_t results_handle = 0;

 private:
  struct PluginHost {
    vernier_host table{};
    std::string id;
    HostServices* services = nullptr;
  };
  friend HostServices& services_of(void* host);
  friend const std::string& plugin_of(void* host);
  static void log_line(void* context, int32_t level, vernier_string text);

  ThreadPool& pool_;
  std::deque<PluginHost> hosts_;  // stable addresses
  std::vector<LogLine> log_;
};

// What the first argument of an interface function stands for.
HostServices& services_of(void* host);
const std::string& plugin_of(void* host);

// The calling thread's error object. `record` puts an earlier one behind the new one as its cause.
void record_error(vernier_status code, const Error& error);
void clear_error();
// What was recorded, or an error that names the bare status.
Error take_error(vernier_status code);

// Records and returns `code`.
vernier_status fail(vernier_status code, std::string text);

// Body of an interface function: nothing thrown crosses the ABI, everything thrown is recorded.
template <typename Body>
vernier_status answer(Body&& body) noexcept {
  try {
    body();
    return VERNIER_OK;
  } catch (const Error& error) {
    record_error(VERNIER_INVALID_ARGUMENT, error);
    return VERNIER_INVALID_ARGUMENT;
  } catch (const std::bad_alloc&) {
    return fail(VERNIER_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return fail(VERNIER_INTERNAL, error.what());
  } catch (...) {
    return fail(VERNIER_INTERNAL, "an exception of unknown type");
  }
}

// The interfaces, each in its own file.
const vernier_json_interface* json_interface();
const vernier_module_interface* module_interface();
const vernier_context_interface* context_interface();
const vernier_ops_interface* ops_interface();
const vernier_kernels_interface* kernels_interface();
const vernier_graph_interface* graph_interface();
const vernier_sink_interface* sink_interface();
const vernier_results_interface* results_interface();

inline std::string_view to_view(vernier_string text) { return {text.data, static_cast<size_t>(text.length)}; }
inline vernier_string to_abi(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace vernier::core
