#include "abi/plugin_host.h"

#include <new>

#include "abi/host_services.h"
#include "abi/interfaces.h"

namespace vernier::core {

namespace {

void* allocate(void*, uint64_t bytes) {
  return ::operator new (bytes == 0 ? 1 : bytes, std::align_val_t{64}, std::nothrow);
}
void deallocate(void*, void* memory) { ::operator delete (memory, std::align_val_t{64}); }

// Null text is no text: what is said about a failure must not fail.
std::string readable(vernier_string text) {
  return text.data == nullptr ? std::string() : std::string(to_view(text));
}

vernier_status fail_from_plugin(void*, vernier_status code, vernier_string text) {
  // A plugin that fails with OK in its hand is wrong about itself; do not let that pass as success.
  return fail(code == VERNIER_OK ? VERNIER_INTERNAL : code, readable(text));
}

const void* get_interface(void*, vernier_string id) {
  return id.data == nullptr ? nullptr : find_interface(to_view(id));
}

}  // namespace

PluginHost::PluginHost(std::string id)
    : id_(std::move(id)),
      table_{VERNIER_SIZE_UP_TO(vernier_host, get_interface),
             this,
             &allocate,
             &deallocate,
             &log_line,
             &fail_from_plugin,
             &get_interface} {}

void PluginHost::log_line(void* context, int32_t level, vernier_string text) {
  if (context == nullptr) return;
  const std::string& id = static_cast<PluginHost*>(context)->id_;
  const std::string line = readable(text);
  HostServices::with_current([&](HostServices* session) {
    if (session != nullptr)
      session->log(level, id, line);
    else
      show_line(level, id, line);
  });
}

const void* find_interface(std::string_view id) {
  if (id == VERNIER_JSON) return json_interface();
  if (id == VERNIER_MODULE) return module_interface();
  if (id == VERNIER_CONTEXT) return context_interface();
  if (id == VERNIER_OPS) return ops_interface();
  if (id == VERNIER_KERNELS) return kernels_interface();
  if (id == VERNIER_GRAPH) return graph_interface();
  if (id == VERNIER_SINK) return sink_interface();
  if (id == VERNIER_RESULTS) return results_interface();
  return nullptr;
}

}  // namespace vernier::core
