// vernier.module/1: what a wrapper's `create` calls.
#include <nlohmann/json.hpp>

#include "abi/host_services.h"
#include "abi/sized.h"
#include "module/tree_builder.h"

namespace vernier::core {

namespace {

// Runs `body(builder, module index)` for a module that is being created.
template <typename Body>
vernier_status with_module(void* host, vernier_module module, Body&& body) noexcept {
  TreeBuilder* builder = services_of(host).builder;
  const int* index = builder == nullptr ? nullptr : builder->tree().module_handles.find(module);
  if (index == nullptr || !builder->tree().modules[*index].is_creating) {
    return fail(VERNIER_INVALID_HANDLE,
                "this module is not being created; declare in the wrapper's constructor only");
  }
  return answer([&] { body(*builder, *index); });
}

vernier_status config(void* host, vernier_module module, vernier_string* json) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    *json = to_abi(builder.tree().modules[index].config_text);
  });
}

vernier_status path(void* host, vernier_module module, vernier_string* result) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    *result = to_abi(builder.tree().modules[index].path);
  });
}

vernier_status parameter(void* host, vernier_module module, const vernier_parameter_declaration* declaration,
                         vernier_parameter* result) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    const int added = builder.add_parameter(index, read_sized(declaration));
    *result = added < 0 ? VERNIER_NULL_HANDLE : builder.tree().parameter_handles.add(added);
  });
}

vernier_status site(void* host, vernier_module module, const vernier_site_declaration* declaration,
                    vernier_site* result) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    *result = builder.tree().site_handles.add(builder.add_site(index, read_sized(declaration)));
  });
}

vernier_status child(void* host, vernier_module module, vernier_string name, vernier_string type,
                     vernier_string config_text, vernier_module* result) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    nlohmann::json parsed = nlohmann::json::parse(to_view(config_text), nullptr, false);
    if (parsed.is_discarded())
      throw plugin_error("a child's config is not JSON", builder.tree().modules[index].path);
    const int added =
        builder.add_child(index, std::string(to_view(name)), std::string(to_view(type)), parsed);
    *result = builder.tree().module_handles.add(added);
  });
}

vernier_status scalar(void* host, vernier_module module, vernier_string name, double* result) {
  return with_module(host, module, [&](TreeBuilder& builder, int index) {
    *result = builder.read_scalar(index, std::string(to_view(name)));
  });
}

}  // namespace

const vernier_module_interface* module_interface() {
  static const vernier_module_interface table = {VERNIER_SIZE_UP_TO(vernier_module_interface, scalar),
                                                 &config,
                                                 &path,
                                                 &parameter,
                                                 &site,
                                                 &child,
                                                 &scalar};
  return &table;
}

}  // namespace vernier::core
