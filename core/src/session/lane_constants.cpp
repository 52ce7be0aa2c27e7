#include "session/lane_constants.h"

namespace vernier::core {

std::array<ConstantBytes, 2> lane_constants(const ModuleTree& tree) {
  const auto floats = [&tree](const GraphValue& constant) -> uint64_t {
    const Tensor& source = tree.parameters.at(static_cast<size_t>(constant.parameter)).source;
    const bool is_read_as_it_is =
        source.dtype == kFloat32 || source.dtype.is_integer() || source.dtype == kBool;
    return is_read_as_it_is ? 0 : kFloat32.bytes(static_cast<uint64_t>(source.elements()));
  };
  const auto coded = [&tree, floats](const GraphValue& constant) {
    const Parameter& one = tree.parameters.at(static_cast<size_t>(constant.parameter));
    return one.site < 0 ? floats(constant) : kFloat32.bytes(static_cast<uint64_t>(one.source.elements()));
  };
  return {floats, coded};
}

}  // namespace vernier::core
