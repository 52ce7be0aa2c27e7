#include "program/host_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using Family = std::span<const HostStep> (*)();
constexpr Family kFamilies[] = {&moving_steps, &table_steps, &picture_steps, &token_steps};

const Wire* find_wire(const std::vector<Wire>& wires, std::string_view name) {
  const auto found = std::ranges::find(wires, name, &Wire::name);
  return found == wires.end() ? nullptr : &*found;
}

}  // namespace

const ProgramBuffer& StepCheck::buffer(std::string_view name) const {
  const Wire* wire = find_wire(step_.inputs, name);
  if (wire == nullptr) wire = find_wire(step_.outputs, name);
  if (wire == nullptr) throw internal_error(fmt::format("step {} has no {}", step_.host, name));
  return program_.buffers[wire->buffer];
}

const TensorType& StepCheck::input(std::string_view name) const {
  return types_.try_emplace(std::string(name), buffer(name).type()).first->second;
}

const TensorType& StepCheck::output(std::string_view name) const { return input(name); }

Range StepCheck::range(const std::string& argument) const {
  const Count& count = std::get<Count>(step_.arguments.at(argument));
  const std::optional<Range> range = count.over(counters_);
  if (!range)
    refuse(
        fmt::format("{} is {}, and this phase has no {}", argument, count.text(), to_string(*count.counter)));
  if (range->low < 0) refuse(fmt::format("{} is {}, which may be {}", argument, count.text(), range->low));
  return *range;
}

int64_t StepCheck::whole(const std::string& argument) const { return range(argument).low; }
double StepCheck::number(const std::string& argument) const {
  return std::get<double>(step_.arguments.at(argument));
}
bool StepCheck::flag(const std::string& argument) const {
  return std::get<bool>(step_.arguments.at(argument));
}
const std::string& StepCheck::word(const std::string& argument) const {
  return std::get<std::string>(step_.arguments.at(argument));
}

void StepCheck::refuse(const std::string& what) const {
  throw data_error(fmt::format("{}: {}", step_.host, what),
                   fmt::format("{} ({})", program_.source, step_.pointer),
                   "docs/program.md says what each host step wants");
}

void StepCheck::want_dtype(std::string_view name, DType dtype) const {
  require(input(name).dtype == dtype, fmt::format("{} is {} (buffer {}); it is to be {}", name,
                                                  to_string(input(name)), buffer(name).name, dtype.name()));
}

void StepCheck::want_integers(std::string_view name) const {
  require(input(name).dtype != kFloat32, fmt::format("{} is {} (buffer {}); it is to be int32 or int64", name,
                                                     to_string(input(name)), buffer(name).name));
}

void StepCheck::want_rank(std::string_view name, size_t least, size_t most) const {
  const size_t rank = input(name).shape.size();
  require(rank >= least && rank <= most,
          fmt::format("{} is {} (buffer {}), of {} axes; it is to have {}", name, to_string(input(name)),
                      buffer(name).name, rank,
                      least == most ? std::to_string(least) : fmt::format("{} at least", least)));
}

void StepCheck::want_shape(std::string_view name, const Shape& shape) const {
  require(input(name).shape == shape,
          fmt::format("{} is {} (buffer {}); it is to be of shape {}", name, to_string(input(name)),
                      buffer(name).name, to_string(shape)));
}

void StepCheck::want_leading_ones(std::string_view name, size_t but) const {
  const Shape& shape = input(name).shape;
  for (size_t i = 0; i + but < shape.size(); ++i)
    require(shape[i] == 1, fmt::format("{} is {} (buffer {}); only its last {} extents may be greater than 1",
                                       name, to_string(input(name)), buffer(name).name, but));
}

const HostStep* find_host_step(std::string_view name) {
  for (const Family family : kFamilies) {
    for (const HostStep& one : family()) {
      if (one.name == name) return &one;
    }
  }
  return nullptr;
}

std::vector<std::string> host_step_names() {
  std::vector<std::string> names;
  for (const Family family : kFamilies) {
    for (const HostStep& one : family()) names.emplace_back(one.name);
  }
  return names;
}

}  // namespace vernier::core
