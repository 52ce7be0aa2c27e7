#include "program/read_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "program/document.h"
#include "text/nearest.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr JsonLimits kProgramLimits{size_t{64} << 20, 32, 4'000'000};
constexpr double kGreatestElements = 1e12;  // of a buffer

ProgramFile file_of(const json& value, const DocumentPlace& place) {
  return {value.at("path").get<std::string>(), value.at("sha256").get<std::string>(),
          static_cast<uint64_t>(whole_number(value.at("bytes"), place.at("bytes")))};
}

Shape shape_of(const json& value, const DocumentPlace& place) {
  Shape shape;
  double elements = 1;
  for (size_t i = 0; i < value.size(); ++i) {
    shape.push_back(whole_number(value[i], place.at(i)));
    elements *= static_cast<double>(shape.back());
  }
  if (elements > kGreatestElements) place.refuse(fmt::format("{} elements are too many", elements));
  return shape;
}

QParams qparams_of(const json& value, const DocumentPlace& place) {
  QParams result;
  result.dtype = DType::parse(value.at("dtype").get<std::string>());
  const auto scale = static_cast<float>(value.at("scale").get<double>());
  if (!std::isnormal(scale)) place.at("scale").refuse("float32 holds no such scale");
  const int64_t zero_point = whole_number(value.at("zero_point"), place.at("zero_point"));
  if (zero_point < result.dtype.qmin() || zero_point > result.dtype.qmax())
    place.at("zero_point").refuse(fmt::format("{} is no code of {}", zero_point, result.dtype.name()));
  result.scale = {scale};
  result.zero_point = {static_cast<int32_t>(zero_point)};
  return result;
}

BufferRole role_of(const std::string& word) {
  for (const BufferRole role : {BufferRole::kState, BufferRole::kRequest, BufferRole::kResult}) {
    if (word == to_string(role)) return role;
  }
  return BufferRole::kScratch;
}

RequestLength length_of(const json& value, const DocumentPlace& place) {
  RequestLength length;
  length.axis = static_cast<size_t>(whole_number(value.at("axis"), place.at("axis")));
  if (value.contains("counter"))
    length.counter = value.at("counter") == "prompt" ? Counter::kPrompt : Counter::kPictures;
  length.minimum = whole_number(value.at("minimum"), place.at("minimum"));
  length.maximum = whole_number(value.at("maximum"), place.at("maximum"));
  return length;
}

ProgramBuffer buffer_of(const std::string& name, const json& value, const DocumentPlace& place) {
  ProgramBuffer buffer;
  buffer.name = name;
  buffer.dtype = DType::parse(value.at("dtype").get<std::string>());
  buffer.shape = shape_of(value.at("shape"), place.at("shape"));
  buffer.role = role_of(value.at("role").get<std::string>());
  if (value.contains("fill")) buffer.fill = value.at("fill").get<double>();
  if (buffer.role == BufferRole::kRequest) {
    buffer.of = value.value("of", name);
  } else {
    for (const char* key : {"of", "lengths", "minimum", "maximum"}) {
      if (value.contains(key))
        place.at(key).refuse(fmt::format("\"{}\" is for buffers of role request", key));
    }
  }
  if (value.contains("lengths")) {
    for (size_t i = 0; i < value.at("lengths").size(); ++i)
      buffer.lengths.push_back(length_of(value.at("lengths")[i], place.at("lengths").at(i)));
  }
  if (value.contains("minimum")) buffer.minimum = whole_number(value.at("minimum"), place.at("minimum"));
  if (value.contains("maximum")) buffer.maximum = whole_number(value.at("maximum"), place.at("maximum"));
  if (value.contains("qparams")) buffer.qparams = qparams_of(value.at("qparams"), place.at("qparams"));
  return buffer;
}

void read_open(ProgramUnit& unit, const json& value, const DocumentPlace& place) {
  for (const auto& [extent, inputs] : value.items()) {
    unit.open_name = extent;
    for (const auto& [input, axes] : inputs.items()) {
      const auto found = std::ranges::find(unit.inputs, input);
      if (found == unit.inputs.end())
        place.at(extent).at(input).refuse(fmt::format("unit {} has no input {}", unit.name, input),
                                          did_you_mean(input, unit.inputs));
      OpenAxes open{static_cast<size_t>(found - unit.inputs.begin()), {}};
      for (size_t i = 0; i < axes.size(); ++i)
        open.axes.push_back(static_cast<size_t>(whole_number(axes[i], place.at(extent).at(input).at(i))));
      unit.open.push_back(std::move(open));
    }
  }
}

void read_written(ProgramUnit& unit, const json& value, const DocumentPlace& place) {
  for (const auto& [input, how] : value.items()) {
    const auto found = std::ranges::find(unit.inputs, input);
    if (found == unit.inputs.end())
      place.at(input).refuse(fmt::format("unit {} has no input {}", unit.name, input),
                             did_you_mean(input, unit.inputs));
    WrittenInput one{static_cast<size_t>(found - unit.inputs.begin()), how.value("name", input), {}};
    if (how.contains("dtype")) one.dtype = DType::parse(how.at("dtype").get<std::string>());
    unit.written.push_back(std::move(one));
  }
  std::vector<std::string> names = unit.written_inputs();
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end())
    place.refuse(fmt::format("the file of unit {} would have two inputs {}", unit.name, *twice));
}

ProgramUnit unit_of(const json& value, const DocumentPlace& place) {
  ProgramUnit unit;
  unit.name = value.at("name").get<std::string>();
  unit.module = value.at("module").get<std::string>();
  unit.entry = value.at("entry").get<std::string>();
  unit.inputs = value.at("inputs").get<std::vector<std::string>>();
  unit.outputs = value.at("outputs").get<std::vector<std::string>>();
  unit.is_for_host = value.value("place", "device") == "host";
  if (value.contains("open")) read_open(unit, value.at("open"), place.at("open"));
  if (value.contains("written")) read_written(unit, value.at("written"), place.at("written"));
  unit.group = value.value("group", "");
  if (!unit.group.empty() && !unit.open.empty())
    place.at("group").refuse(fmt::format("unit {} has an open extent", unit.name),
                             "a file of several units has none; leave out one of the two");
  if (!value.contains("file")) return unit;
  const json& file = value.at("file");
  unit.file = UnitFile{file_of(file, place.at("file")), file.at("format").get<std::string>(),
                       file.value("signature", ""), file.at("inputs").get<std::vector<std::string>>(),
                       file.at("outputs").get<std::vector<std::string>>()};
  if (unit.file->inputs.size() != unit.inputs.size() || unit.file->outputs.size() != unit.outputs.size())
    place.at("file").refuse(fmt::format("the file has {} inputs and {} outputs, unit {} has {} and {}",
                                        unit.file->inputs.size(), unit.file->outputs.size(), unit.name,
                                        unit.inputs.size(), unit.outputs.size()));
  return unit;
}

ProgramTable table_of(const std::string& name, const json& value, const DocumentPlace& place) {
  ProgramTable table;
  table.name = name;
  table.parameter = value.at("parameter").get<std::string>();
  const Shape shape = shape_of(value.at("shape"), place.at("shape"));
  table.rows = shape[0];
  table.columns = shape[1];
  table.multiplier = value.value("multiplier", 1.0);
  if (value.contains("file")) table.file = file_of(value.at("file"), place.at("file"));
  return table;
}

size_t buffer_named(const Program& program, const std::string& name, const DocumentPlace& place) {
  if (const ProgramBuffer* buffer = program.find_buffer(name))
    return static_cast<size_t>(buffer - program.buffers.data());
  std::vector<std::string> names;
  for (const ProgramBuffer& one : program.buffers) names.push_back(one.name);
  place.refuse(fmt::format("there is no buffer {}", name), did_you_mean(name, names));
}

void read_generation(Program& program, const json& value, const DocumentPlace& place) {
  Generation result;
  result.token = buffer_named(program, value.at("token").get<std::string>(), place.at("token"));
  result.logits = buffer_named(program, value.at("logits").get<std::string>(), place.at("logits"));
  result.context = whole_number(value.at("context"), place.at("context"));
  if (value.contains("stop")) {
    for (size_t i = 0; i < value.at("stop").size(); ++i)
      result.stop.push_back(static_cast<int32_t>(whole_number(value.at("stop")[i], place.at("stop").at(i))));
  }
  program.generation = std::move(result);
}

void read_profile_bindings(Program& program, const json& value, const DocumentPlace& place) {
  for (const auto& [name, binding] : value.items()) {
    if (binding.is_boolean())
      program.profile[name] = binding.get<bool>();
    else if (binding.is_string())
      program.profile[name] = binding.get<std::string>();
    else
      program.profile[name] = whole_number(binding, place.at(name));
  }
}

void read_phases(Program& program, const json& value, const DocumentPlace& place) {
  for (size_t i = 0; i < value.size(); ++i) {
    ProgramPhase phase;
    phase.name = value[i].at("name").get<std::string>();
    const auto runs = value[i].at("runs").get<std::string>();
    phase.runs = runs == "once"           ? PhaseRuns::kOnce
                 : runs == "each_picture" ? PhaseRuns::kEachPicture
                                          : PhaseRuns::kEachToken;
    const json& steps = value[i].at("steps");
    for (size_t j = 0; j < steps.size(); ++j)
      phase.steps.push_back(read_step(program, steps[j], place.at(i).at("steps").at(j)));
    program.phases.push_back(std::move(phase));
  }
}

std::vector<Wire> wires_of(const Program& program, const json& step, const char* side,
                           const DocumentPlace& place) {
  std::vector<Wire> wires;
  if (!step.contains(side)) return wires;
  for (const auto& [name, buffer] : step.at(side).items())
    wires.push_back({name, buffer_named(program, buffer.get<std::string>(), place.at(side).at(name))});
  return wires;
}

// A unit's wires in its own order; all of them are there.
std::vector<Wire> in_order(std::vector<Wire> wires, const std::vector<std::string>& names,
                           const std::string& unit, const char* side, const DocumentPlace& place) {
  for (const Wire& wire : wires) {
    if (std::ranges::find(names, wire.name) == names.end())
      place.at(side).at(wire.name).refuse(
          fmt::format("unit {} has no {} among its {}", unit, wire.name, side),
          did_you_mean(wire.name, names));
  }
  std::vector<Wire> result;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(wires, name, &Wire::name);
    if (found == wires.end())
      place.at(side).refuse(fmt::format("{} of unit {} goes nowhere: no buffer is named for it", name, unit));
    result.push_back(std::move(*found));
  }
  return result;
}

}  // namespace

ProgramStep read_step(const Program& program, const json& value, const DocumentPlace& place) {
  ProgramStep step;
  step.pointer = place.pointer;
  step.inputs = wires_of(program, value, "inputs", place);
  step.outputs = wires_of(program, value, "outputs", place);
  if (value.contains("host")) {
    step.host = value.at("host").get<std::string>();
    step.arguments = read_arguments(step.host, value.contains("arguments") ? value.at("arguments") : json(),
                                    place.at("arguments"));
    return step;
  }
  const auto name = value.at("unit").get<std::string>();
  const ProgramUnit* unit = program.find_unit(name);
  if (unit == nullptr) {
    std::vector<std::string> names;
    for (const ProgramUnit& one : program.units) names.push_back(one.name);
    place.at("unit").refuse(fmt::format("there is no unit {}", name), did_you_mean(name, names));
  }
  step.unit = static_cast<size_t>(unit - program.units.data());
  step.inputs = in_order(std::move(step.inputs), unit->inputs, name, "inputs", place);
  step.outputs = in_order(std::move(step.outputs), unit->outputs, name, "outputs", place);
  return step;
}

Program read_program(std::string_view text, const std::string& source) {
  const json document = parse_strict_json(text, source, kProgramLimits);
  check_program_schema(document, source);
  const DocumentPlace root{source, ""};
  Program program;
  program.source = source;
  program.name = document.at("name").get<std::string>();
  program.summary = document.value("summary", "");
  if (document.contains("profile"))
    read_profile_bindings(program, document.at("profile"), root.at("profile"));
  for (const auto& [name, value] : document.at("buffers").items())
    program.buffers.push_back(buffer_of(name, value, root.at("buffers").at(name)));
  if (document.contains("tables")) {
    for (const auto& [name, value] : document.at("tables").items())
      program.tables.push_back(table_of(name, value, root.at("tables").at(name)));
  }
  for (size_t i = 0; i < document.at("units").size(); ++i) {
    const DocumentPlace place = root.at("units").at(i);
    program.units.push_back(unit_of(document.at("units")[i], place));
    if (!program.unit_places.emplace(program.units.back().name, i).second)
      place.at("name").refuse(fmt::format("unit {} is there twice", program.units.back().name));
  }
  read_phases(program, document.at("phases"), root.at("phases"));
  if (document.contains("generation"))
    read_generation(program, document.at("generation"), root.at("generation"));
  if (document.contains("files")) {
    for (size_t i = 0; i < document.at("files").size(); ++i)
      program.files.push_back(file_of(document.at("files")[i], root.at("files").at(i)));
  }
  check_program(program);
  return program;
}

}  // namespace vernier::core
