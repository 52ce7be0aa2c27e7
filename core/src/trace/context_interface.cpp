// vernier.context/1 and vernier.ops/1: what a wrapper's forward calls.
#include <algorithm>

#include "abi/arguments.h"
#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "abi/sized.h"
#include "text/given_name.h"
#include "trace/tracer.h"

namespace vernier::core {

namespace {

// Runs `body(tracer)` for a context that is running.
template <typename Body>
vernier_status with_tracer(vernier_context context, Body&& body) noexcept {
  return answer([&] {
    const Found<HandleKind::kContext> found(context);
    if (!found) throw plugin_error("no such forward is running").with(VERNIER_INVALID_HANDLE);
    if (!found.owner().is_own_thread()) {
      throw plugin_error("a forward's functions are called on the thread that runs it")
          .with(VERNIER_FAILED_PRECONDITION);
    }
    body(found.owner());
  });
}

vernier_status quantize(void*, vernier_context context, vernier_site site, vernier_value x,
                        vernier_value* result) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(result, "the result of quantize");
    *result = tracer.quantize(site, x);
  });
}

vernier_status quantize_where(void*, vernier_context context, vernier_site site, vernier_value x,
                              vernier_value where, vernier_value* result) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(result, "the result of quantize_where");
    *result = tracer.quantize_where(site, x, where);
  });
}

vernier_status weight(void*, vernier_context context, vernier_parameter parameter, vernier_value* result) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(result, "the result of weight");
    *result = tracer.weight(parameter);
  });
}

vernier_status forward(void*, vernier_context context, vernier_module child, vernier_string entry,
                       const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                       uint64_t capacity, uint64_t* count) {
  return with_tracer(context, [&](Tracer& tracer) {
    const auto room = given(outputs, capacity, "a child's outputs");
    given(count, "the number of a child's outputs");
    const std::vector<uint64_t> results =
        tracer.run_child(child, std::string(given(entry, "an entry's name")),
                         given(inputs, input_count, "a child's inputs"), room.size());
    std::copy(results.begin(), results.end(), room.begin());
    *count = results.size();
  });
}

vernier_status shape(void*, vernier_context context, vernier_value value, int64_t* dims, uint64_t capacity,
                     uint64_t* rank) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(rank, "the rank");
    const Shape& found = tracer.type_of(value).shape;
    if (found.size() > capacity)
      throw plugin_error("the value's rank exceeds the room given").with(VERNIER_OUT_OF_RANGE);
    std::copy(found.begin(), found.end(), given(dims, found.size(), "the extents").begin());
    *rank = found.size();
  });
}

vernier_status dtype(void*, vernier_context context, vernier_value value, vernier_dtype* result) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(result, "the dtype");
    *result = tracer.type_of(value).dtype;
  });
}

vernier_status table(void*, vernier_context context, vernier_string name, const vernier_tensor* values,
                     vernier_value* result) {
  return with_tracer(context, [&](Tracer& tracer) {
    given(result, "a table's handle");
    *result =
        tracer.table(given_name(name, "a table's name"), read_sized(&given(values, "a table's values")));
  });
}

vernier_status resolve(void*, vernier_string name, uint32_t version, uint32_t* id) {
  return answer([&] {
    given(id, "the op's id");
    const std::string wanted(given(name, "an op's name"));
    const auto found = find_op(wanted, version);
    if (!found)
      throw plugin_error("this host has no op " + wanted + " version " + std::to_string(version))
          .with(VERNIER_NOT_FOUND);
    *id = *found;
  });
}

vernier_status call(void*, vernier_context context, uint32_t id, const vernier_argument* arguments,
                    uint64_t argument_count, vernier_value* results, uint64_t result_count) {
  return with_tracer(context, [&](Tracer& tracer) {
    const auto room = given(results, result_count, "the results of an op");
    const std::vector<uint64_t> handles =
        tracer.call(id, given(arguments, argument_count, "an op's arguments"), room.size());
    std::copy(handles.begin(), handles.end(), room.begin());
  });
}

}  // namespace

const vernier_context_interface* context_interface() {
  static const vernier_context_interface functions = {
      VERNIER_SIZE_UP_TO(vernier_context_interface, quantize_where),
      &quantize,
      &weight,
      &forward,
      &shape,
      &dtype,
      &table,
      &quantize_where};
  return &functions;
}

const vernier_ops_interface* ops_interface() {
  static const vernier_ops_interface table = {VERNIER_SIZE_UP_TO(vernier_ops_interface, call), &resolve,
                                              &call};
  return &table;
}

}  // namespace vernier::core
