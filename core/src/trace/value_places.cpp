#include "trace/value_places.h"

#include "abi/handle_space.h"

namespace vernier::core {

ValuePlace place_of(uint64_t handle) {
  return handle == VERNIER_NULL_HANDLE ? kNoPlace : Found<HandleKind::kValue>(handle).item();
}

std::vector<ValuePlace> places_of(std::span<const uint64_t> handles) {
  std::vector<ValuePlace> places;
  places.reserve(handles.size());
  for (uint64_t handle : handles) places.push_back(place_of(handle));
  return places;
}

OpCall op_call(uint32_t op, std::span<const vernier_argument> arguments, size_t results) {
  OpCall call{op, {}, static_cast<uint32_t>(results)};
  for (const vernier_argument& one : arguments) {
    const auto& as = one.as;
    switch (one.kind) {
      case VERNIER_ARGUMENT_VALUE:
        call.arguments.emplace_back(place_of(as.handle));
        break;
      case VERNIER_ARGUMENT_INTEGER:
        call.arguments.emplace_back(as.integer);
        break;
      case VERNIER_ARGUMENT_NUMBER:
        call.arguments.emplace_back(as.number);
        break;
      case VERNIER_ARGUMENT_INTEGERS:
        call.arguments.emplace_back(std::vector<int64_t>(as.integers, as.integers + one.count));
        break;
      case VERNIER_ARGUMENT_VALUES:
        call.arguments.emplace_back(places_of({as.handles, one.count}));
        break;
      case VERNIER_ARGUMENT_TEXT:
        call.arguments.emplace_back(std::string(as.text, one.count));
        break;
      default:
        call.arguments.emplace_back(std::monostate{});
    }
  }
  return call;
}

}  // namespace vernier::core
