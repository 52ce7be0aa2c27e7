// vernier.module/1: what a wrapper's `create` calls.
#include <nlohmann/json.hpp>

#include "abi/arguments.h"
#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "abi/sized.h"
#include "module/tree_builder.h"
#include "text/given_name.h"

namespace vernier::core {

namespace {

// Runs `body(builder, module index)` for the module whose `create` runs.
template <typename Body>
vernier_status with_module(vernier_module module, Body&& body) noexcept {
  return answer([&] {
    const Found<HandleKind::kModule> found(module);
    TreeBuilder* builder = found ? found.owner().builder : nullptr;
    const int index = found ? static_cast<int>(found.item()) : -1;
    if (builder == nullptr || !builder->is_creating(index)) {
      throw plugin_error("this module is not being created; declare in the wrapper's constructor only")
          .with(VERNIER_INVALID_HANDLE);
    }
    if (!builder->is_own_thread())
      throw plugin_error("a module is declared on the thread that runs the wrapper's create")
          .with(VERNIER_FAILED_PRECONDITION);
    body(*builder, index);
  });
}

vernier_status config(void*, vernier_module module, vernier_string* json) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    given(json, "the config") = to_abi(builder.tree().modules[index].config_text);
  });
}

vernier_status path(void*, vernier_module module, vernier_string* result) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    given(result, "the path") = to_abi(builder.tree().modules[index].path);
  });
}

vernier_status parameter(void*, vernier_module module, const vernier_parameter_declaration* declaration,
                         vernier_parameter* result) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    vernier_parameter& handle = given(result, "the parameter's handle");
    handle = builder.add_parameter(index, read_sized(&given(declaration, "the parameter's declaration")));
  });
}

vernier_status site(void*, vernier_module module, const vernier_site_declaration* declaration,
                    vernier_site* result) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    vernier_site& handle = given(result, "the site's handle");
    const int added = builder.add_site(index, read_sized(&given(declaration, "the site's declaration")));
    handle = builder.tree().site_handles[static_cast<size_t>(added)].handle();
  });
}

vernier_status child(void*, vernier_module module, vernier_string name, vernier_string type,
                     vernier_string config_text, vernier_module* result) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    vernier_module& handle = given(result, "the child's handle");
    nlohmann::json parsed = nlohmann::json::parse(given(config_text, "a child's config"), nullptr, false);
    if (parsed.is_discarded())
      throw plugin_error("a child's config is not JSON", builder.tree().modules[index].path);
    const int added = builder.add_child(index, given_name(name, "a child's name"),
                                        std::string(given(type, "a child's type")), parsed);
    handle = builder.tree().module_handles[static_cast<size_t>(added)].handle();
  });
}

vernier_status scalar(void*, vernier_module module, vernier_string name, double* result) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    double& number = given(result, "the number");
    number = builder.read_scalar(index, std::string(given(name, "a tensor's name")));
  });
}

vernier_status tie(void*, vernier_module module, vernier_site site, vernier_string path) {
  return with_module(module, [&](TreeBuilder& builder, int index) {
    builder.tie(index, site, given_name(path, "the path of a tie"));
  });
}

}  // namespace

const vernier_module_interface* module_interface() {
  static const vernier_module_interface table = {VERNIER_SIZE_UP_TO(vernier_module_interface, tie),
                                                 &config,
                                                 &path,
                                                 &parameter,
                                                 &site,
                                                 &child,
                                                 &scalar,
                                                 &tie};
  return &table;
}

}  // namespace vernier::core
