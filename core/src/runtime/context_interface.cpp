// vernier.context/1 and vernier.ops/1: what a wrapper's forward calls.
#include "abi/host_services.h"
#include "runtime/runtime.h"

namespace vernier::core {

namespace {

// Runs `body(runtime)` for a context that is running.
template <typename Body>
vernier_status with_runtime(void* host, vernier_context context, Body&& body) noexcept {
  Runtime* runtime = services_of(host).runtime;
  if (runtime == nullptr || !runtime->is_running(context))
    return fail(VERNIER_INVALID_HANDLE, "no such forward is running");
  return answer([&] { body(*runtime); });
}

vernier_status quantize(void* host, vernier_context context, vernier_site site, vernier_value x,
                        vernier_value* result) {
  return with_runtime(host, context, [&](Runtime& runtime) { *result = runtime.quantize(site, x); });
}

vernier_status weight(void* host, vernier_context context, vernier_parameter parameter,
                      vernier_value* result) {
  return with_runtime(host, context, [&](Runtime& runtime) { *result = runtime.weight(parameter); });
}

vernier_status forward(void* host, vernier_context context, vernier_module child, vernier_string entry,
                       const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                       uint64_t capacity, uint64_t* count) {
  return with_runtime(host, context, [&](Runtime& runtime) {
    const std::vector<uint64_t> results =
        runtime.run_child(child, std::string(to_view(entry)), {inputs, static_cast<size_t>(input_count)});
    if (results.size() > capacity) throw plugin_error("the child gave more outputs than there is room for");
    std::copy(results.begin(), results.end(), outputs);
    *count = results.size();
  });
}

vernier_status shape(void* host, vernier_context context, vernier_value value, int64_t* dims,
                     uint64_t capacity, uint64_t* rank) {
  return with_runtime(host, context, [&](Runtime& runtime) {
    const Shape& found = runtime.shape_source(value).shape;
    if (found.size() > capacity) throw plugin_error("the value's rank exceeds the room given");
    std::copy(found.begin(), found.end(), dims);
    *rank = found.size();
  });
}

vernier_status dtype(void* host, vernier_context context, vernier_value value, vernier_dtype* result) {
  return with_runtime(host, context, [&](Runtime& runtime) {
    const DType found = runtime.shape_source(value).dtype;
    *result = found.is_integer()
                  ? found
                  : kFloat32;  // floats are float32 in a forward, whatever the checkpoint keeps
  });
}

vernier_status resolve(void*, vernier_string name, uint32_t version, uint32_t* id) {
  const auto found = find_op(to_view(name), version);
  if (!found)
    return fail(VERNIER_NOT_FOUND,
                "this host has no op " + std::string(to_view(name)) + " version " + std::to_string(version));
  *id = *found;
  return VERNIER_OK;
}

vernier_status call(void* host, vernier_context context, uint32_t id, const vernier_argument* arguments,
                    uint64_t argument_count, vernier_value* results, uint64_t result_count) {
  return with_runtime(host, context, [&](Runtime& runtime) {
    if (result_count != 1) throw plugin_error("an op gives one result");
    results[0] = runtime.call(id, {arguments, static_cast<size_t>(argument_count)});
  });
}

}  // namespace

const vernier_context_interface* context_interface() {
  static const vernier_context_interface table = {
      VERNIER_SIZE_UP_TO(vernier_context_interface, dtype), &quantize, &weight, &forward, &shape, &dtype};
  return &table;
}

const vernier_ops_interface* ops_interface() {
  static const vernier_ops_interface table = {VERNIER_SIZE_UP_TO(vernier_ops_interface, call), &resolve,
                                              &call};
  return &table;
}

}  // namespace vernier::core
