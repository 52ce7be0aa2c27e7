#include "abi/host_services.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <new>

#include "abi/crash_scope.h"

namespace vernier::core {

namespace {

struct Recorded {
  vernier_status code;
  Error error;
};
thread_local std::optional<Recorded> pending;

std::mutex log_mutex;  // guards HostServices::log_: plugins may log from any thread

void* allocate(void*, uint64_t bytes) {
  return ::operator new (bytes == 0 ? 1 : bytes, std::align_val_t{64}, std::nothrow);
}
void deallocate(void*, void* memory) { ::operator delete (memory, std::align_val_t{64}); }

vernier_status fail_from_plugin(void*, vernier_status code, vernier_string text) {
  // A plugin that fails with OK in its hand is wrong about itself; do not let that pass as success.
  return fail(code == VERNIER_OK ? VERNIER_INTERNAL : code, std::string(to_view(text)));
}

const void* find_interface(void*, vernier_string id) {
  const std::string_view name = to_view(id);
  if (name == VERNIER_JSON) return json_interface();
  if (name == VERNIER_MODULE) return module_interface();
  if (name == VERNIER_CONTEXT) return context_interface();
  if (name == VERNIER_OPS) return ops_interface();
  if (name == VERNIER_KERNELS) return kernels_interface();
  if (name == VERNIER_GRAPH) return graph_interface();
  if (name == VERNIER_SINK) return sink_interface();
  if (name == VERNIER_RESULTS) return results_interface();
  return nullptr;
}

}  // namespace

HostServices& services_of(void* host) { return *static_cast<HostServices::PluginHost*>(host)->services; }
const std::string& plugin_of(void* host) { return static_cast<HostServices::PluginHost*>(host)->id; }

void HostServices::log_line(void* context, int32_t level, vernier_string text) {
  PluginHost& plugin = *static_cast<PluginHost*>(context);
  const LogLine line{level, plugin.id, std::string(to_view(text))};
  const std::lock_guard lock(log_mutex);
  plugin.services->log_.push_back(line);
  const auto shown = level >= VERNIER_LOG_ERROR     ? spdlog::level::err
                     : level >= VERNIER_LOG_WARNING ? spdlog::level::warn
                     : level >= VERNIER_LOG_INFO    ? spdlog::level::info
                                                    : spdlog::level::debug;
  spdlog::log(shown, "{}: {}", line.plugin, line.text);
}

const vernier_host* HostServices::table_for(const std::string& id) {
  for (PluginHost& host : hosts_) {
    if (host.id == id) return &host.table;
  }
  PluginHost& host = hosts_.emplace_back();
  host.id = id;
  host.services = this;
  host.table = {VERNIER_SIZE_UP_TO(vernier_host, get_interface),
                &host,
                &allocate,
                &deallocate,
                &log_line,
                &fail_from_plugin,
                &find_interface};
  return &host.table;
}

void HostServices::call(const std::string& plugin, const std::string& where,
                        const std::function<vernier_status()>& function) {
  clear_error();
  vernier_status status = VERNIER_OK;
  {
    const CrashScope scope(plugin.c_str(), where.c_str());
    status = function();
  }
  if (status == VERNIER_OK) return;
  const Error error = take_error(status);
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  Diagnostic& first = diagnostics.front();
  const std::string here =
      where.empty() ? fmt::format("plugin {}", plugin) : fmt::format("{} (plugin {})", where, plugin);
  // The innermost place is the telling one; outer calls only fill what is still empty.
  if (first.where.empty())
    first.where = here;
  else if (first.where.find("(plugin ") == std::string::npos)
    first.where += fmt::format(", in {}", here);
  throw Error(error.kind(), std::move(diagnostics));
}

void record_error(vernier_status code, const Error& error) {
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  if (pending) {
    for (const Diagnostic& cause : pending->error.diagnostics())
      diagnostics.push_back({"caused by: " + cause.what, cause.where, cause.hint});
  }
  const ErrorKind kind = pending ? pending->error.kind() : error.kind();
  pending.emplace(Recorded{code, Error(kind, std::move(diagnostics))});
}

void clear_error() { pending.reset(); }

Error take_error(vernier_status code) {
  if (!pending) return plugin_error(fmt::format("a plugin failed with status {} and said nothing", code));
  Error error = std::move(pending->error);
  pending.reset();
  return error;
}

vernier_status fail(vernier_status code, std::string text) {
  // Bytes that do not mean what they should are the file's fault, not the plugin's.
  record_error(code, code == VERNIER_DATA_LOSS ? data_error(std::move(text)) : plugin_error(std::move(text)));
  return code;
}

}  // namespace vernier::core
