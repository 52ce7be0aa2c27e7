#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "file/folder_commit.h"
#include "kernels/thread_pool.h"
#include "plugin/find_plugins.h"
#include "program/file_units.h"
#include "program/generate.h"
#include "program/program_folder.h"
#include "session/written_prompt.h"
#include "vernier/core/error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

namespace {

// A folder whose files are open.
class OpenFolder {
 public:
  explicit OpenFolder(const FolderOptions& options)
      : catalog_(found(options)),
        pool_(ThreadPool::of_process(0)),
        services_(*pool_, options.run_control()),
        hub_(services_, catalog_),
        program_(read_program_folder(options.folder)),
        units_(program_, options.folder, services_, hub_, options.executor) {}

  [[nodiscard]] const Program& program() const { return program_; }
  FileUnits& units() { return units_; }
  HostServices& services() { return services_; }
  PluginHub& hub() { return hub_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

 private:
  static Catalog found(const FolderOptions& options) {
    SearchOptions search;
    search.files = options.plugin_files;
    return find_plugins(search, {}, options.run_control()).catalog;
  }

  Catalog catalog_;
  std::unique_ptr<ThreadPool> pool_;
  HostServices services_;
  PluginHub hub_;
  Program program_;
  FileUnits units_;
};

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

// The tensor that counts the prompt, of these tokens.
void add_prompt(Request& request, const Program& program, const std::vector<int32_t>& tokens) {
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter != Counter::kPrompt) continue;
      if (request.contains(buffer.of))
        throw usage_error(
            fmt::format("the request has {}, and tokens of a prompt are given besides", buffer.of), "",
            "give one of them");
      Shape shape = buffer.shape;
      shape[length.axis] = static_cast<int64_t>(tokens.size());
      Tensor x = Tensor::allocate(kInt32, shape);
      if (x.elements() != static_cast<int64_t>(tokens.size()))
        throw usage_error(fmt::format("{} is {}: it needs more than the tokens of a prompt", buffer.of,
                                      to_string(buffer.shape)),
                          "", "give it in the request");
      std::copy(tokens.begin(), tokens.end(), x.mutable_as<int32_t>());
      request[buffer.of] = x;
      return;
    }
  }
  throw usage_error(fmt::format("program {} takes no prompt", program.name), program.source);
}

Request request_of(const GenerateOptions& options, const Program& program) {
  Request request;
  if (!options.request.empty()) {
    const Safetensors file = Safetensors::open(options.request, options.folder.run_control());
    for (const SafetensorsEntry& entry : file.entries()) request[entry.name] = file.tensor(entry);
  }
  if (!options.prompt.empty()) add_prompt(request, program, options.prompt);
  if (request.empty())
    throw usage_error("there is nothing to run on", "", "give tokens of a prompt, or a request");
  return request;
}

}  // namespace

nlohmann::json verify_folder(const FolderOptions& options) {
  settle_around(options.folder);
  const OpenFolder folder(options);
  return folder_json(folder.program(), options.folder);
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
  return text + fmt::format("program {}: {} units, {} bytes; files, shapes, dtypes and grids fit\n",
                            folder.at("program").get<std::string>(), folder.at("units").size(),
                            folder.at("bytes").get<uint64_t>());
}

nlohmann::json generate(const GenerateOptions& options) {
  if (options.written && (!options.request.empty() || !options.prompt.empty()))
    throw usage_error("a prompt in words, and tokens or a request besides", "", "give one of them");
  settle_around(options.folder.folder);
  OpenFolder folder(options.folder);
  std::optional<PromptProcessor> words;
  if (options.written)
    words.emplace(*options.written, options.folder.folder, folder.program(), folder.services(), folder.hub(),
                  folder.catalog());
  const Request request = words ? words->request() : request_of(options, folder.program());
  ProgramRun run(folder.program(), folder.units(), options.folder.run_control());
  const Generated made = generate(run, folder.program(), request, {options.tokens, options.stop});
  nlohmann::json result = {{"prompt", run.prompt()}, {"tokens", made.tokens}, {"end", to_string(made.end)}};
  if (words) result["text"] = words->text(made);
  return result;
}

}  // namespace vernier::core
