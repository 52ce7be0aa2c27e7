#include "program/program_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "plugin/sha256.h"
#include "program/codes.h"
#include "program/document.h"
#include "program/grids.h"
#include "program/read_program.h"
#include "verify/executed_file.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

std::vector<std::string> names_of(const std::vector<FileTensor>& tensors) {
  std::vector<std::string> names;
  for (const FileTensor& one : tensors) names.push_back(one.name);
  return names;
}

// The file's names in the unit's order.
std::vector<std::string> input_names(const ProgramUnit& unit, const std::vector<FileTensor>& inputs) {
  std::vector<std::string> theirs = names_of(inputs), ours = unit.written_inputs();
  const bool are_named = std::ranges::all_of(
      theirs, [&](const std::string& name) { return std::ranges::count(ours, name) != 0; });
  return are_named ? ours : theirs;
}

class FolderWriter {
 public:
  FolderWriter(Program& program, const std::filesystem::path& folder, HostServices& services, PluginHub& hub,
               const std::string& executor)
      : program_(program),
        folder_(folder),
        services_(services),
        hub_(hub),
        executor_(executor),
        settled_by_(program.buffers.size()) {}

  void add(const std::map<std::string, WrittenUnit>& written) {
    for (ProgramBuffer& buffer : program_.buffers) buffer.qparams.reset();
    for (size_t i = 0; i < program_.units.size(); ++i) {
      const auto found = written.find(program_.units[i].name);
      if (found == written.end())
        throw data_error(fmt::format("unit {} has no file", program_.units[i].name), program_.source);
      add_unit(i, found->second);
    }
    std::vector<bool> is_known;
    for (const std::string& file : settled_by_) is_known.push_back(!file.empty());
    spread_grids(program_, is_known);
    require_equal_grids(program_, [this](size_t buffer) {
      const std::optional<QParams>& qparams = program_.buffers[buffer].qparams;
      return qparams ? &*qparams : nullptr;
    });
  }

 private:
  void add_unit(size_t place, const WrittenUnit& written) {
    ProgramUnit& unit = program_.units[place];
    const std::filesystem::path path = folder_ / written.path;
    unit.file = UnitFile{program_file(folder_, written.path), written.format, written.signature, {}, {}};
    nlohmann::json options = nlohmann::json::object();
    if (!written.signature.empty()) options["signature"] = written.signature;
    const ExecutedFile file(services_, executor_.empty() ? hub_.executor_for(path) : hub_.executor(executor_),
                            options.dump(), path);
    if (file.inputs().size() != unit.inputs.size() || file.outputs().size() != unit.outputs.size())
      throw data_error(fmt::format("{} has {} inputs and {} outputs; unit {} has {} and {}", written.path,
                                   file.inputs().size(), file.outputs().size(), unit.name, unit.inputs.size(),
                                   unit.outputs.size()),
                       program_.source);
    unit.file->inputs = input_names(unit, file.inputs());
    unit.file->outputs = names_of(file.outputs());
    for (const ProgramPhase& phase : program_.phases) {
      for (const ProgramStep& step : phase.steps) {
        if (step.unit != place) continue;
        for (size_t i = 0; i < unit.inputs.size(); ++i)
          settle(step.inputs[i].buffer,
                 *std::ranges::find(file.inputs(), unit.file->inputs[i], &FileTensor::name), written.path);
        for (size_t i = 0; i < unit.outputs.size(); ++i)
          settle(step.outputs[i].buffer, file.outputs()[i], written.path);
      }
    }
  }

  void settle(size_t place, const FileTensor& tensor, const std::string& file) {
    ProgramBuffer& buffer = program_.buffers[place];
    if (buffer.dtype != kFloat32) return;
    if (settled_by_[place].empty()) {
      settled_by_[place] = file;
      buffer.qparams = tensor.qparams;
      return;
    }
    const QParams *theirs = tensor.qparams ? &*tensor.qparams : nullptr,
                  *ours = buffer.qparams ? &*buffer.qparams : nullptr;
    if (!is_equal_grid(theirs, ours))
      throw data_error(fmt::format("buffer {} is {} in {} and {} in {}", buffer.name, describe_grid(ours),
                                   settled_by_[place], describe_grid(theirs), file),
                       program_.source,
                       "files that read or write one buffer need one grid: tie their sites, or put a "
                       "requantize between two buffers");
  }

  Program& program_;
  const std::filesystem::path& folder_;
  HostServices& services_;
  PluginHub& hub_;
  const std::string& executor_;
  std::vector<std::string> settled_by_;  // by buffer: the file that was asked first; empty: none
};

}  // namespace

ProgramFile program_file(const std::filesystem::path& folder, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / path, error))
    throw data_error(fmt::format("{} is missing", path), folder.string());
  const auto mapped = MappedFile::open(folder / path);
  return {path, sha256_hex(mapped->bytes()), mapped->bytes().size()};
}

Program with_files(Program program, const std::filesystem::path& folder,
                   const std::map<std::string, WrittenUnit>& written,
                   const std::map<std::string, std::string>& tables, HostServices& services, PluginHub& hub,
                   const std::string& executor) {
  FolderWriter(program, folder, services, hub, executor).add(written);
  for (ProgramTable& table : program.tables) {
    const auto found = tables.find(table.name);
    if (found == tables.end())
      throw data_error(fmt::format("table {} has no file", table.name), program.source);
    table.file = program_file(folder, found->second);
  }
  return program;
}

void write_program_file(const Program& program, const std::filesystem::path& folder) {
  AtomicFile file(folder / kProgramFile);
  file.write(program_json(program).dump(1) + "\n");
  file.commit();
}

Program read_program_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kProgramFile;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw data_error(fmt::format("{} has no {}", folder.string(), kProgramFile), folder.string(),
                     "name a folder that `vernier run` wrote for a program");
  const auto mapped = MappedFile::open(path);
  return read_program({reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size()},
                      path.string());
}

}  // namespace vernier::core
