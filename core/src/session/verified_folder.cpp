// Behind `vernier verify FOLDER`.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "file/folder_commit.h"
#include "file/path_place.h"
#include "program/hold_to_recording.h"
#include "program/record_run.h"
#include "session/open_folder.h"
#include "vernier/core/error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

namespace {

nlohmann::json folder_json(const Program& program, const std::filesystem::path& folder) {
  nlohmann::json units = nlohmann::json::array(), tables = nlohmann::json::array(),
                 files = nlohmann::json::array();
  uint64_t bytes = 0;
  std::set<std::string> seen;
  const auto count = [&bytes, &seen](const ProgramFile& file) {
    if (seen.insert(file.path).second) bytes += file.bytes;  // units of one file
    return file.bytes;
  };
  for (const ProgramUnit& unit : program.units)
    units.push_back({{"name", unit.name},
                     {"file", unit.file->file.path},
                     {"bytes", count(unit.file->file)},
                     {"place", unit.is_for_host ? "host" : "device"},
                     {"inputs", unit.inputs.size()},
                     {"outputs", unit.outputs.size()}});
  for (const ProgramTable& table : program.tables)
    tables.push_back({{"name", table.name}, {"file", table.file->path}, {"bytes", count(*table.file)}});
  for (const ProgramFile& file : program.files)
    files.push_back({{"file", file.path}, {"bytes", count(file)}});
  return {
      {"program", program.name}, {"folder", folder.string()}, {"generates", program.generation.has_value()},
      {"units", units},          {"tables", tables},          {"files", files},
      {"bytes", bytes}};
}

std::optional<Recording> golden_run(const Program& program, const VerifyFolderOptions& options) {
  for (const ProgramFile& file : program.files) {
    if (file.path == kGoldenFile)
      return Recording::open(options.folder.folder / file.path, options.folder.run_control());
  }
  return std::nullopt;
}

nlohmann::json held_json(OpenFolder& folder, const std::optional<Recording>& golden,
                         const VerifyFolderOptions& options) {
  if (options.device.empty() && !golden) return nullptr;
  std::optional<Recording> device;
  if (!options.device.empty()) device = Recording::open(options.device, options.folder.run_control());
  const HoldOptions hold{golden ? &*golden : nullptr, options.within};
  const HeldRecording held = hold_to_recording(folder.program(), folder.units(), device ? *device : *golden,
                                               hold, options.folder.run_control());
  nlohmann::json value = held.to_json();
  value["equal"] = held.is_equal();
  return value;
}

// A recording is of the golden run's requests, and harms nothing that is read. Throws Error (kUsage).
void require_free_place(const VerifyFolderOptions& options, bool has_golden) {
  if (!has_golden)
    throw usage_error(
        fmt::format("{} has no golden run whose requests could be recorded", options.folder.folder.string()),
        "", "`vernier run` writes one where the recipe's export entry has \"verify\"");
  const PathPlace record(options.record);
  if (record.is_inside(PathPlace(options.folder.folder)))
    throw usage_error("the recording would be written into the folder", options.record.string(),
                      "choose another place");
  if (options.device.empty()) return;
  const PathPlace device(options.device);
  if (record.is_same(device) || record.is_inside(device))
    throw usage_error(
        fmt::format("the recording would be written over {}, which is read", options.device.string()),
        options.record.string(), "choose another place");
}

// The golden run's requests, run here.
void record(OpenFolder& folder, const Recording& golden, const VerifyFolderOptions& options) {
  RecordOptions recorded;
  recorded.has_nodes = options.records_nodes;
  RecordedRuns runs(folder.program(), folder.units(), options.folder.run_control(), recorded);
  for (const uint64_t number : golden.requests()) {
    const auto tokens = static_cast<int64_t>(golden.tokens(number).size());
    (void)runs.add(number, golden.request(number), {std::max<int64_t>(tokens, 1), std::vector<int32_t>()});
  }
  write_recording(options.record, runs.tensors());
}

std::string held_text(const nlohmann::json& held) {
  if (held.is_null()) return "the folder has no golden run: nothing was run\n";
  const auto number = [&](const char* key) { return held.at(key).get<uint64_t>(); };
  std::string text = fmt::format(
      "held to {}: {} requests, {} tensors at boundaries of files, {} of them differ; {} of {} "
      "tokens are the same\n",
      held.at("recording").get<std::string>(), number("requests"), number("tensors"), number("differ"),
      number("same_tokens"), number("tokens"));
  if (number("lacking") != 0)
    text += fmt::format("the recording lacks {} tensors that the run has\n", number("lacking"));
  for (const auto& one : held.at("differences")) text += one.at("text").get<std::string>();
  if (number("differ") > held.at("differences").size())
    text += fmt::format("and {} more\n", number("differ") - held.at("differences").size());
  for (const auto& one : held.at("token_differences"))
    text += fmt::format("request {}, token {}: {} where {} is right\n", one.at("request").get<uint64_t>(),
                        one.at("token").get<uint64_t>(), one.at("found").get<int32_t>(),
                        one.at("right").get<int32_t>());
  return text;
}

}  // namespace

nlohmann::json verify_folder(const VerifyFolderOptions& options) {
  settle_around(options.folder.folder);
  OpenFolder folder(options.folder);
  const std::optional<Recording> golden = golden_run(folder.program(), options);
  if (!options.record.empty()) require_free_place(options, golden.has_value());
  nlohmann::json result = folder_json(folder.program(), options.folder.folder);
  result["held"] = held_json(folder, golden, options);
  if (!options.record.empty()) record(folder, *golden, options);
  return result;
}

std::string folder_table(const nlohmann::json& folder) {
  std::string text = fmt::format("{:<40} {:<48} {:>14}  {}\n", "unit", "file", "bytes", "place");
  for (const auto& unit : folder.at("units"))
    text += fmt::format("{:<40} {:<48} {:>14}  {}\n", unit.at("name").get<std::string>(),
                        unit.at("file").get<std::string>(), unit.at("bytes").get<uint64_t>(),
                        unit.at("place").get<std::string>());
  for (const auto& table : folder.at("tables"))
    text += fmt::format("{:<40} {:<48} {:>14}  table\n", table.at("name").get<std::string>(),
                        table.at("file").get<std::string>(), table.at("bytes").get<uint64_t>());
  for (const auto& file : folder.at("files"))
    text += fmt::format("{:<40} {:<48} {:>14}\n", "", file.at("file").get<std::string>(),
                        file.at("bytes").get<uint64_t>());
  text += fmt::format("program {}: {} units, {} bytes; files, shapes, dtypes and grids fit\n",
                      folder.at("program").get<std::string>(), folder.at("units").size(),
                      folder.at("bytes").get<uint64_t>());
  return text + held_text(folder.at("held"));
}

bool folder_holds(const nlohmann::json& folder) {
  const auto& held = folder.at("held");
  return held.is_null() || held.at("equal").get<bool>();
}

}  // namespace vernier::core
