#include "program/request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "program/codes.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

const RequestLength* length_at(const ProgramBuffer& buffer, size_t axis) {
  const auto found = std::ranges::find(buffer.lengths, axis, &RequestLength::axis);
  return found == buffer.lengths.end() ? nullptr : &*found;
}

std::string legal_values(const ProgramBuffer& buffer) {
  return fmt::format("{} to {}", buffer.minimum ? std::to_string(*buffer.minimum) : "any",
                     buffer.maximum ? std::to_string(*buffer.maximum) : "any");
}

void refuse_unknown(const Program& program, const Request& request) {
  const std::vector<std::string> names = program.request_names();
  for (const auto& [name, tensor] : request) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string close = did_you_mean(name, names);
    throw data_error(
        fmt::format("the request has a tensor {}, which program {} does not take", name, program.name), "",
        close.empty() ? fmt::format("it takes {}", fmt::join(names, ", ")) : close);
  }
}

void check_shape(const ProgramBuffer& buffer, const Shape& shape) {
  if (shape.size() != buffer.shape.size())
    throw data_error(fmt::format("{} of the request is {}, of {} axes; the program takes {}", buffer.of,
                                 to_string(shape), shape.size(), to_string(buffer.shape)));
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const RequestLength* length = length_at(buffer, axis);
    const int64_t low = length == nullptr ? buffer.shape[axis] : length->minimum,
                  high = length == nullptr ? buffer.shape[axis] : length->maximum;
    if (shape[axis] >= low && shape[axis] <= high) continue;
    if (length != nullptr && length->counter == Counter::kPrompt)
      throw data_error(fmt::format("the prompt has {} tokens ({}); the program takes {} to {}", shape[axis],
                                   buffer.of, low, high),
                       "", "shorten it, or make a set whose profile (model.profile) has room for it");
    if (length != nullptr && length->counter == Counter::kPictures)
      throw data_error(fmt::format("the request has {} pictures ({}); the program takes {} to {}",
                                   shape[axis], buffer.of, low, high),
                       "", "a set for other numbers of pictures is made with another profile");
    throw data_error(fmt::format("{} of the request is {}: {} on axis {}, of which the program takes {}",
                                 buffer.of, to_string(shape), shape[axis], axis,
                                 low == high ? std::to_string(low) : fmt::format("{} to {}", low, high)));
  }
}

template <typename T>
void check_values(const ProgramBuffer& buffer, const Tensor& x) {
  for (int64_t i = 0; i < x.elements(); ++i) {
    const int64_t value = x.as<T>()[i];
    if (value >= buffer.minimum.value_or(INT64_MIN) && value <= buffer.maximum.value_or(INT64_MAX)) continue;
    throw data_error(
        fmt::format("element {} of {} is {}; legal are {}", i, buffer.of, value, legal_values(buffer)));
  }
}

// `x` at the beginning of a buffer that is filled, row of the last axis by row.
Tensor placed(const Tensor& x, Tensor buffer) {
  if (x.elements() == 0) return buffer;
  const auto rank = x.shape.size();
  if (rank == 0) return x;
  const auto bytes = static_cast<size_t>(x.dtype.bytes(static_cast<uint64_t>(x.shape.back())));
  Shape at(rank, 0);
  for (int64_t row = 0; row < x.elements() / x.shape.back(); ++row) {
    int64_t place = 0;
    for (size_t axis = 0; axis < rank; ++axis) place = place * buffer.shape[axis] + at[axis];
    std::memcpy(buffer.mutable_as<std::byte>() + x.dtype.bytes(static_cast<uint64_t>(place)),
                x.data + static_cast<size_t>(row) * bytes, bytes);
    for (size_t axis = rank - 1; axis-- > 0;) {
      if (++at[axis] < x.shape[axis]) break;
      at[axis] = 0;
    }
  }
  return buffer;
}

Tensor opened(const ProgramBuffer& buffer, const Tensor& given, const QParams* grid) {
  Tensor x = given;
  if (buffer.dtype == kFloat32) {
    if (x.dtype != kFloat32)
      throw data_error(
          fmt::format("{} of the request is {}; the program takes float32", buffer.of, x.dtype.name()));
    x = buffer_content(x, grid);
  } else {
    try {
      x = as_integers(x, buffer.dtype);
    } catch (const Error& error) {
      throw data_error(fmt::format("{} of the request: {}", buffer.of, error.what()));
    }
    x.dtype == kInt32 ? check_values<int32_t>(buffer, x) : check_values<int64_t>(buffer, x);
  }
  if (x.shape == buffer.shape) return x;
  return placed(x, filled(buffer.dtype, buffer.shape, *buffer.fill, grid));
}

}  // namespace

OpenedRequest open_request(const Program& program, const Request& request, const UnitRunner& runner) {
  refuse_unknown(program, request);
  OpenedRequest result;
  result.buffers.resize(program.buffers.size());
  std::optional<std::pair<int64_t, std::string>> counted[kCounters];  // and by whom
  for (size_t i = 0; i < program.buffers.size(); ++i) {
    const ProgramBuffer& buffer = program.buffers[i];
    if (buffer.role != BufferRole::kRequest) continue;
    const auto found = request.find(buffer.of);
    const bool may_lack =
        std::ranges::any_of(buffer.lengths, [](const auto& one) { return one.minimum == 0; });
    if (found == request.end() && !may_lack)
      throw data_error(fmt::format("the request lacks {}, {}", buffer.of, to_string(buffer.type())));
    if (found != request.end()) check_shape(buffer, found->second.shape);
    for (const RequestLength& length : buffer.lengths) {
      if (!length.counter) continue;
      auto& known = counted[static_cast<size_t>(*length.counter)];
      const int64_t count = found == request.end() ? 0 : found->second.shape[length.axis];
      if (known && known->first != count)
        throw data_error(fmt::format("{} is {} of {} and {} of {}", to_string(*length.counter), known->first,
                                     known->second, count, buffer.of));
      known = {count, buffer.of};
    }
    const QParams* grid = runner.grid(i);
    result.buffers[i] = found == request.end() ? filled(buffer.dtype, buffer.shape, *buffer.fill, grid)
                                               : opened(buffer, found->second, grid);
  }
  const auto value = [&](Counter counter) {
    const auto& one = counted[static_cast<size_t>(counter)];
    return one ? one->first : 0;
  };
  result.prompt = value(Counter::kPrompt);
  result.pictures = value(Counter::kPictures);
  return result;
}

void require_token(const Program& program, int64_t token) {
  for (const ProgramBuffer& buffer : program.buffers) {
    const bool is_prompt = std::ranges::any_of(
        buffer.lengths, [](const RequestLength& one) { return one.counter == Counter::kPrompt; });
    if (!is_prompt || (token >= buffer.minimum.value_or(0) && token <= buffer.maximum.value_or(INT32_MAX)))
      continue;
    throw data_error(fmt::format("token {} is not legal; tokens are {}", token, legal_values(buffer)));
  }
}

}  // namespace vernier::core
