// A program as the document that it was read from.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "program/read_program.h"

namespace vernier::core {

namespace {

using nlohmann::json;

json number_json(double value) {
  const auto whole = static_cast<int64_t>(std::clamp(value, -9e15, 9e15));
  return static_cast<double>(whole) == value ? json(whole) : json(value);
}

void add_file(json& to, const ProgramFile& file) {
  to["path"] = file.path;
  to["sha256"] = file.sha256;
  to["bytes"] = file.bytes;
}

json length_json(const RequestLength& length) {
  json value = {{"axis", length.axis}, {"minimum", length.minimum}, {"maximum", length.maximum}};
  if (length.counter) value["counter"] = to_string(*length.counter);
  return value;
}

json buffer_json(const ProgramBuffer& buffer) {
  json value = {{"dtype", buffer.dtype.name()}, {"shape", buffer.shape}, {"role", to_string(buffer.role)}};
  if (buffer.fill) value["fill"] = number_json(*buffer.fill);
  if (buffer.role == BufferRole::kRequest) value["of"] = buffer.of;
  for (const RequestLength& length : buffer.lengths) value["lengths"].push_back(length_json(length));
  if (buffer.minimum) value["minimum"] = *buffer.minimum;
  if (buffer.maximum) value["maximum"] = *buffer.maximum;
  if (buffer.qparams)
    value["qparams"] = {{"dtype", buffer.qparams->dtype.name()},
                        {"scale", static_cast<double>(buffer.qparams->scale.front())},
                        {"zero_point", buffer.qparams->zero_point.front()}};
  return value;
}

json unit_json(const ProgramUnit& unit) {
  json value = {{"name", unit.name},       {"module", unit.module},
                {"entry", unit.entry},     {"inputs", unit.inputs},
                {"outputs", unit.outputs}, {"place", unit.is_for_host ? "host" : "device"}};
  for (const OpenAxes& open : unit.open) value["open"][unit.open_name][unit.inputs[open.input]] = open.axes;
  for (const WrittenInput& one : unit.written) {
    json& how = value["written"][unit.inputs[one.input]];
    how["name"] = one.name;
    if (one.dtype) how["dtype"] = one.dtype->name();
  }
  if (!unit.group.empty()) value["group"] = unit.group;
  if (!unit.file) return value;
  json& file = value["file"];
  add_file(file, unit.file->file);
  file["format"] = unit.file->format;
  if (!unit.file->signature.empty()) file["signature"] = unit.file->signature;
  file["inputs"] = unit.file->inputs;
  file["outputs"] = unit.file->outputs;
  return value;
}

json table_json(const ProgramTable& table) {
  json value = {{"parameter", table.parameter},
                {"shape", {table.rows, table.columns}},
                {"multiplier", number_json(table.multiplier)}};
  if (table.file) add_file(value["file"], *table.file);
  return value;
}

json argument_json(const StepArgument& argument) {
  if (const auto* count = std::get_if<Count>(&argument))
    return count->counter ? json(count->text()) : json(count->term);
  if (const auto* number = std::get_if<double>(&argument)) return number_json(*number);
  if (const auto* flag = std::get_if<bool>(&argument)) return *flag;
  return std::get<std::string>(argument);
}

json step_json(const Program& program, const ProgramStep& step) {
  const auto wires = [&](const std::vector<Wire>& all) {
    json value = json::object();
    for (const Wire& wire : all) value[wire.name] = program.buffers[wire.buffer].name;
    return value;
  };
  json value;
  if (step.unit)
    value["unit"] = program.units[*step.unit].name;
  else
    value["host"] = step.host;
  value["inputs"] = wires(step.inputs);
  value["outputs"] = wires(step.outputs);
  for (const auto& [name, argument] : step.arguments) value["arguments"][name] = argument_json(argument);
  return value;
}

json generation_json(const Program& program, const Generation& generation) {
  return {{"token", program.buffers[generation.token].name},
          {"logits", program.buffers[generation.logits].name},
          {"context", generation.context},
          {"stop", generation.stop}};
}

}  // namespace

json program_json(const Program& program) {
  json value = {{"version", 1},           {"name", program.name},      {"buffers", json::object()},
                {"units", json::array()}, {"profile", json::object()}, {"phases", json::array()}};
  if (!program.summary.empty()) value["summary"] = program.summary;
  for (const auto& [name, binding] : program.profile)
    std::visit([&, key = name](const auto& one) { value["profile"][key] = one; }, binding);
  for (const ProgramBuffer& buffer : program.buffers) value["buffers"][buffer.name] = buffer_json(buffer);
  for (const ProgramTable& table : program.tables) value["tables"][table.name] = table_json(table);
  for (const ProgramUnit& unit : program.units) value["units"].push_back(unit_json(unit));
  for (const ProgramPhase& phase : program.phases) {
    json steps = json::array();
    for (const ProgramStep& step : phase.steps) steps.push_back(step_json(program, step));
    value["phases"].push_back(
        {{"name", phase.name}, {"runs", to_string(phase.runs)}, {"steps", std::move(steps)}});
  }
  if (program.generation) value["generation"] = generation_json(program, *program.generation);
  for (const ProgramFile& file : program.files) {
    json one;
    add_file(one, file);
    value["files"].push_back(std::move(one));
  }
  return value;
}

}  // namespace vernier::core
