#include "program/program.h"

#include <algorithm>

namespace vernier::core {

const char* to_string(BufferRole role) {
  switch (role) {
    case BufferRole::kScratch:
      return "scratch";
    case BufferRole::kState:
      return "state";
    case BufferRole::kRequest:
      return "request";
    case BufferRole::kResult:
      return "result";
  }
  return "";
}

const char* to_string(PhaseRuns runs) {
  switch (runs) {
    case PhaseRuns::kOnce:
      return "once";
    case PhaseRuns::kEachPicture:
      return "each_picture";
    case PhaseRuns::kEachToken:
      return "each_token";
  }
  return "";
}

const ProgramBuffer* Program::find_buffer(const std::string& wanted) const {
  const auto found = std::ranges::lower_bound(buffers, wanted, {}, &ProgramBuffer::name);
  return found == buffers.end() || found->name != wanted ? nullptr : &*found;
}

std::vector<std::string> ProgramUnit::written_inputs() const {
  std::vector<std::string> names = inputs;
  for (const WrittenInput& one : written) names[one.input] = one.name;
  return names;
}

const ProgramUnit* Program::find_unit(const std::string& wanted) const {
  const auto found = unit_places.find(wanted);
  return found == unit_places.end() ? nullptr : &units[found->second];
}

std::vector<TensorType> Program::input_types(const ProgramStep& step) const {
  std::vector<TensorType> types;
  for (const Wire& wire : step.inputs) types.push_back(buffers[wire.buffer].type());
  return types;
}

std::vector<std::string> Program::request_names() const {
  std::vector<std::string> names;
  for (const ProgramBuffer& buffer : buffers) {
    if (buffer.role == BufferRole::kRequest && std::ranges::find(names, buffer.of) == names.end())
      names.push_back(buffer.of);
  }
  return names;
}

}  // namespace vernier::core
