#include "module/parameter_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "abi/arguments.h"
#include "text/given_name.h"

namespace vernier::core {

namespace {

bool fits(const Shape& wanted, const Shape& found) {
  return wanted.size() == found.size() && std::equal(wanted.begin(), wanted.end(), found.begin(),
                                                     [](int64_t w, int64_t f) { return w == -1 || w == f; });
}

std::string key_of(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

// The part as declared, with its axis counted from the front.
TensorPart part_of(const Parameter& parameter, const vernier_parameter_declaration& declaration,
                   size_t rank) {
  TensorPart part{declaration.axis, declaration.begin, declaration.end, {}};
  if (part.axis < 0) part.axis += static_cast<int64_t>(rank);
  if (part.axis < 0 || part.axis >= static_cast<int64_t>(rank)) {
    throw plugin_error(fmt::format("parameter {} is a part along axis {} of a tensor of rank {}",
                                   parameter.path, declaration.axis, rank),
                       parameter.path);
  }
  if (part.begin < 0 || part.begin >= part.end) {
    throw plugin_error(
        fmt::format("parameter {} is the part [{}, {}) of a tensor", parameter.path, part.begin, part.end),
        parameter.path, "a part begins at 0 or later and has at least one index");
  }
  return part;
}

// Indices [begin, end) of an axis; rows are a look into the same memory, others are copied.
Tensor cut(const Tensor& whole, const TensorPart& part) {
  const auto axis = static_cast<size_t>(part.axis);
  Tensor result = whole;
  result.shape[axis] = part.end - part.begin;
  if (whole.data == nullptr) return result;
  uint64_t inner = whole.dtype.bits / 8, outer = 1;
  for (size_t i = axis + 1; i < whole.shape.size(); ++i) inner *= static_cast<uint64_t>(whole.shape[i]);
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<uint64_t>(whole.shape[i]);
  const uint64_t first = static_cast<uint64_t>(part.begin) * inner;
  if (axis == 0) {
    result.data = whole.data + first;
    return result;
  }
  const Shape shape = result.shape;
  result = Tensor::allocate(whole.dtype, shape);
  const uint64_t step = static_cast<uint64_t>(whole.shape[axis]) * inner,
                 length = static_cast<uint64_t>(part.end - part.begin) * inner;
  for (uint64_t i = 0; i < outer; ++i)
    std::memcpy(result.mutable_as<std::byte>() + i * length, whole.data + i * step + first, length);
  return result;
}

// The key under which the checkpoint has it; the own one where neither is there, for the error.
std::string found_key(const std::string& own, const std::string& alias, const ParameterSource& source) {
  return alias.empty() || source.contains(own) ? own : alias;
}

}  // namespace

void require_fit(const std::string& path, const Tensor& found, const Shape& wanted) {
  if (!fits(wanted, found.shape)) {
    throw data_error(fmt::format("tensor {} has shape {}, the module wants {}", path, to_string(found.shape),
                                 to_string(wanted)),
                     path,
                     "the config and the checkpoint belong to different models; -1 stands for any extent")
        .with(VERNIER_INVALID_ARGUMENT);
  }
  const bool is_float = found.dtype == kFloat32 || found.dtype == kFloat16 || found.dtype == kBFloat16;
  if (!is_float) {
    throw data_error(fmt::format("tensor {} has dtype {}, the module wants float32, float16 or bfloat16",
                                 path, found.dtype.name()),
                     path, "convert the checkpoint first; it may be quantized already")
        .with(VERNIER_INVALID_ARGUMENT);
  }
}

bool bind_parameter(Parameter& parameter, const std::string& module, const Shape& wanted,
                    const vernier_parameter_declaration& declaration, const ParameterSource& source) {
  const std::string tensor = given_name(declaration.tensor, "a parameter's tensor");
  const std::string alias = given_name(declaration.alias, "a parameter's alias");
  const std::string own = tensor.empty() ? parameter.path : key_of(module, tensor);
  parameter.tensor = found_key(own, alias, source);
  const bool is_optional = (declaration.flags & VERNIER_PARAMETER_OPTIONAL) != 0;
  if (is_optional && !source.contains(parameter.tensor)) return false;
  if (parameter.tensor == alias && !source.contains(alias)) {
    throw data_error(fmt::format("the checkpoint has neither {} nor {}, of which parameter {} is one", own,
                                 alias, parameter.path),
                     parameter.path, "the config and the checkpoint belong to different models")
        .with(VERNIER_NOT_FOUND);
  }
  if (declaration.begin == 0 && declaration.end == 0) {
    parameter.source = source.parameter(parameter.tensor, wanted);
    require_fit(parameter.tensor, parameter.source, wanted);
    return true;
  }
  TensorPart part = part_of(parameter, declaration, wanted.size());
  const auto axis = static_cast<size_t>(part.axis);
  Shape whole = wanted;
  whole[axis] = part.end;
  const Tensor found = source.parameter(parameter.tensor, whole);
  whole[axis] = -1;
  require_fit(parameter.tensor, found, whole);
  if (found.shape[axis] < part.end) {
    throw data_error(
        fmt::format("parameter {} is the part [{}, {}) of axis {} of tensor {}, which has shape {}",
                    parameter.path, part.begin, part.end, axis, parameter.tensor, to_string(found.shape)),
        parameter.path, "the config and the checkpoint belong to different models")
        .with(VERNIER_INVALID_ARGUMENT);
  }
  part.whole = found.shape;
  parameter.source = cut(found, part);
  require_fit(parameter.path, parameter.source, wanted);
  parameter.part = std::move(part);
  return true;
}

}  // namespace vernier::core
