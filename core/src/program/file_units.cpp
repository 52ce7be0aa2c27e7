#include "program/file_units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/mapped_file.h"
#include "plugin/sha256.h"
#include "program/codes.h"
#include "program/document.h"
#include "program/grids.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// For each wanted name its place among the tensors. Throws Error where the file has others, or more.
std::vector<size_t> places_in(const std::vector<FileTensor>& tensors, const std::vector<std::string>& wanted,
                              const ProgramUnit& unit, const char* side, const std::string& source) {
  std::vector<std::string> names;
  for (const FileTensor& one : tensors) names.push_back(one.name);
  std::vector<size_t> places;
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end() || names.size() != wanted.size())
      throw data_error(fmt::format("{} has the {} {}; the program says {}", unit.file->file.path, side,
                                   fmt::join(names, ", "), fmt::join(wanted, ", ")),
                       source, "the file is another one than the program was written with");
    places.push_back(static_cast<size_t>(found - names.begin()));
  }
  return places;
}

std::string describe(const TensorType& type, const QParams* grid) {
  if (type.dtype.is_integer() && grid == nullptr) return to_string(type);
  return fmt::format("{} ({})", to_string(type.shape), describe_grid(grid));
}

// Open axes have extent 1 in a file. Which axes of an output are open is not said.
bool fits_shape(const Shape& file, const Shape& buffer, const ProgramUnit& unit,
                std::optional<size_t> input) {
  if (file.size() != buffer.size()) return false;
  for (size_t axis = 0; axis < file.size(); ++axis) {
    if (file[axis] == buffer[axis]) continue;
    const bool is_open = std::ranges::any_of(unit.open, [&](const OpenAxes& open) {
      return !input || (open.input == *input && std::ranges::find(open.axes, axis) != open.axes.end());
    });
    if (!is_open || file[axis] != 1) return false;
  }
  return true;
}

}  // namespace

void require_file(const ProgramFile& file, const std::filesystem::path& folder, const std::string& source) {
  const std::filesystem::path path = folder / file.path;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw data_error(fmt::format("{} is missing", file.path), source,
                     "the folder holds all files of its program");
  const auto mapped = MappedFile::open(path);
  if (mapped->bytes().size() != file.bytes)
    throw data_error(
        fmt::format("{} has {} bytes; the program says {}", file.path, mapped->bytes().size(), file.bytes),
        source);
  const std::string found = sha256_hex(mapped->bytes());
  if (found != file.sha256)
    throw data_error(fmt::format("{} has the SHA-256 {}; the program says {}", file.path, found, file.sha256),
                     source, "the file was changed, or belongs to another folder");
}

FileUnits::FileUnits(const Program& program, const std::filesystem::path& folder, HostServices& services,
                     PluginHub& hub, const std::string& executor)
    : program_(program) {
  for (size_t i = 0; i < program.units.size(); ++i) {
    const ProgramUnit& unit = program.units[i];
    if (!unit.file)
      throw data_error(fmt::format("unit {} has no file", unit.name), program.source,
                       "a folder's program.json names a file for each unit");
    require_file(unit.file->file, folder, program.source);
    files_.push_back(open_unit(i, folder, services, hub, executor));
  }
  for (const ProgramTable& table : program.tables) {
    if (!table.file) throw data_error(fmt::format("table {} has no file", table.name), program.source);
    require_file(*table.file, folder, program.source);
    const Safetensors file = Safetensors::open(folder / table.file->path);
    OpenTable open{file.tensor("table"), file.tensor("scale"), file.tensor("zero_point")};
    if (open.codes.dtype != kUInt8 || open.codes.shape != Shape{table.rows, table.columns} ||
        open.scale.dtype != kFloat32 || open.scale.shape != Shape{table.rows} ||
        open.zero_point.dtype != kInt32 || open.zero_point.shape != Shape{table.rows})
      throw data_error(
          fmt::format("{} is to have table uint8 [{}, {}], scale float32 [{}] and zero_point int32 [{}]",
                      table.file->path, table.rows, table.columns, table.rows, table.rows),
          program.source);
    tables_.push_back(std::move(open));
  }
  for (const ProgramFile& file : program.files) require_file(file, folder, program.source);
  check_wires();
}

FileUnits::OpenFile FileUnits::open_unit(size_t unit, const std::filesystem::path& folder,
                                         HostServices& services, PluginHub& hub,
                                         const std::string& executor) const {
  const ProgramUnit& which = program_.units[unit];
  const std::filesystem::path path = folder / which.file->file.path;
  nlohmann::json options = nlohmann::json::object();
  if (!which.file->signature.empty()) options["signature"] = which.file->signature;
  OpenFile open;
  open.file = std::make_unique<ExecutedFile>(
      services, executor.empty() ? hub.executor_for(path) : hub.executor(executor), options.dump(), path);
  const std::vector<size_t> inputs =
      places_in(open.file->inputs(), which.file->inputs, which, "inputs", program_.source);
  open.inputs.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) open.inputs[inputs[i]] = i;
  open.outputs = places_in(open.file->outputs(), which.file->outputs, which, "outputs", program_.source);
  return open;
}

void FileUnits::check_wires() const {
  for (const ProgramPhase& phase : program_.phases) {
    for (const ProgramStep& step : phase.steps) {
      if (!step.unit) continue;
      const ProgramUnit& unit = program_.units[*step.unit];
      const OpenFile& open = files_[*step.unit];
      const auto check = [&](const FileTensor& tensor, const Wire& wire, std::optional<size_t> input) {
        const ProgramBuffer& buffer = program_.buffers[wire.buffer];
        const QParams *theirs = tensor.qparams ? &*tensor.qparams : nullptr, *ours = grid(wire.buffer);
        const bool has_dtype = buffer.dtype != kFloat32 ? tensor.dtype == kInt32 || tensor.dtype == kInt64
                               : ours == nullptr        ? tensor.dtype == kFloat32
                                                        : true;  // a grid has one
        if (has_dtype && fits_shape(tensor.shape, buffer.shape, unit, input) && is_equal_grid(theirs, ours))
          return;
        DocumentPlace{program_.source, step.pointer}.refuse(
            fmt::format("{} of {} is {}; buffer {} is {}", tensor.name, unit.file->file.path,
                        describe({tensor.dtype, tensor.shape}, theirs), buffer.name,
                        describe(buffer.type(), ours)),
            "all files that read or write a buffer have one shape, dtype, scale and zero point there");
      };
      for (size_t i = 0; i < open.inputs.size(); ++i)
        check(open.file->inputs()[i], step.inputs[open.inputs[i]], open.inputs[i]);
      for (size_t i = 0; i < open.outputs.size(); ++i)
        check(open.file->outputs()[open.outputs[i]], step.outputs[i], std::nullopt);
    }
  }
}

std::vector<Tensor> FileUnits::run(size_t unit, std::span<const Tensor> inputs) {
  return outputs_of(unit, run_file(unit, inputs, /*intermediates=*/false));
}

RunResults FileUnits::run_file(size_t unit, std::span<const Tensor> inputs, bool intermediates) {
  OpenFile& open = files_.at(unit);
  std::vector<Tensor> given;
  for (size_t i = 0; i < open.inputs.size(); ++i) {
    const Tensor& x = inputs[open.inputs[i]];
    const DType wanted = open.file->inputs()[i].dtype;
    given.push_back(x.dtype == kInt32 || x.dtype == kInt64 ? as_integers(x, wanted) : x);
  }
  return open.file->run(given, intermediates);
}

std::vector<Tensor> FileUnits::outputs_of(size_t unit, const RunResults& results) const {
  std::vector<Tensor> outputs;
  for (const size_t place : files_.at(unit).outputs) outputs.push_back(results.output(place).data);
  return outputs;
}

const QParams* FileUnits::grid(size_t buffer) const {
  const std::optional<QParams>& qparams = program_.buffers.at(buffer).qparams;
  return qparams ? &*qparams : nullptr;
}

Tensor FileUnits::look_up(size_t table, const Tensor& rows) {
  const ProgramTable& which = program_.tables.at(table);
  const OpenTable& open = tables_.at(table);
  Tensor result = Tensor::allocate(kFloat32, {rows.elements(), which.columns});
  auto* to = result.mutable_as<float>();
  for (int64_t i = 0; i < rows.elements(); ++i) {
    const int64_t row = rows.dtype == kInt32 ? rows.as<int32_t>()[i] : rows.as<int64_t>()[i];
    if (row < 0 || row >= which.rows)
      throw data_error(fmt::format("table {} has {} rows, and none is {}", which.name, which.rows, row));
    const auto scale = static_cast<double>(open.scale.as<float>()[row]);
    const int32_t zero_point = open.zero_point.as<int32_t>()[row];
    const auto* codes = open.codes.as<uint8_t>() + row * which.columns;
    for (int64_t column = 0; column < which.columns; ++column)
      *to++ = static_cast<float>((codes[column] - zero_point) * scale);
  }
  return result;
}

}  // namespace vernier::core
