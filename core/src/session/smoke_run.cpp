#include "session/smoke_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "file/temporary_folder.h"
#include "kernels/thread_pool.h"
#include "session/declared_tensors.h"
#include "session/smoke_data.h"
#include "session/trial.h"
#include "vernier/core/error.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"

namespace vernier::core {

namespace {

using nlohmann::json;
using SmokeClock = std::chrono::steady_clock;

std::string model_file(const std::string& backend) { return "smoke." + backend; }

const std::vector<std::string>& input_names(const SmokeJob& job) {
  for (const EntryInfo& entry : job.wrapper.component->entries) {
    if (entry.name == job.one->entry) return entry.inputs;
  }
  throw internal_error("a smoke case of an entry that its wrapper lacks", job.one->name);
}

// What run() left: also there where a limit was passed.
json read_report(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "out/report.json";
  if (!std::filesystem::exists(file)) return nullptr;
  const auto bytes = MappedFile::open(file);
  return json::parse(reinterpret_cast<const char*>(bytes->bytes().data()),
                     reinterpret_cast<const char*>(bytes->bytes().data()) + bytes->bytes().size());
}

// Sums and maxima over the outputs of the executed file.
json file_row(const json& report, const std::string& backend) {
  if (report.at("exports").empty()) return nullptr;
  json row = {{"backend", backend},      {"bytes", report.at("exports").at(0).at("bytes")},
              {"executor", nullptr},     {"codes", nullptr},
              {"codes_differ", nullptr}, {"max_step", nullptr},
              {"max_abs_diff", nullptr}};
  if (report.at("verify").empty()) return row;
  const json& verified = report.at("verify").at(0);
  row["executor"] = verified.at("executor");
  for (const json& output : verified.at("outputs")) {
    const json& pair = output.at("quantized_to_file");
    const double apart = pair.at("max_abs_diff").is_null() ? HUGE_VAL : pair.at("max_abs_diff").get<double>();
    row["max_abs_diff"] =
        row["max_abs_diff"].is_null() ? apart : std::max(row["max_abs_diff"].get<double>(), apart);
    if (pair.at("codes_differ").is_null()) continue;
    const auto add = [&](const char* to, uint64_t more) {
      row[to] = (row[to].is_null() ? 0 : row[to].get<uint64_t>()) + more;
    };
    add("codes", pair.at("elements").get<uint64_t>());
    add("codes_differ", pair.at("codes_differ").get<uint64_t>());
    const auto step = pair.at("max_step").get<int64_t>();
    row["max_step"] = row["max_step"].is_null() ? step : std::max(row["max_step"].get<int64_t>(), step);
  }
  return row;
}

void add_report(json& row, const json& report, const std::string& backend) {
  if (report.is_null()) return;
  for (const char* metric : {"mean_abs_diff", "max_abs_diff", "peir", "sqnr_db"})
    row[metric] = report.at("metrics").at(metric);
  row["gates"] = report.at("gates");
  row["file"] = file_row(report, backend);
  if (report.at("verify").empty()) return;
  for (const json& gate : report.at("verify").at(0).at("gates")) row["gates"].push_back(gate);
}

// A limit on how far from float, not one on the file as such. `gates`: of the row.
bool passes_a_limit(const json& gates) {
  return std::any_of(gates.begin(), gates.end(), [](const json& gate) {
    return gate.at("pair") != to_string(GatePair::kQuantizedToFile) && !gate.at("met").get<bool>();
  });
}

// What is wrong with a case is its plugin's fault, unless the user changed it or the host has a defect.
int exit_code_of(const Error& error, const SmokeOptions& options) {
  const bool is_plugins =
      error.kind() == ErrorKind::kData || (error.kind() == ErrorKind::kUsage && options.overrides.empty());
  return is_plugins ? static_cast<int>(ErrorKind::kPlugin) : error.exit_code();
}

// Without the folder, which is gone when somebody reads it.
std::string as_read_later(std::string text, const std::filesystem::path& folder) {
  const std::string prefix = folder.string() + "/";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  return text;
}

void add_error(json& row, const Error& error, const SmokeOptions& options,
               const std::filesystem::path& folder) {
  row["exit_code"] = exit_code_of(error, options);
  const bool is_gate = error.kind() == ErrorKind::kGate;
  row["verdict"] = !is_gate ? "error" : passes_a_limit(row.at("gates")) ? "gate" : "differs";
  for (const Diagnostic& one : error.diagnostics()) {
    row["errors"].push_back({{"what", as_read_later(one.what, folder)},
                             {"where", is_gate ? "" : as_read_later(one.where, folder)},
                             {"hint", is_gate ? "" : as_read_later(one.hint, folder)}});
  }
  if (is_gate) return;
  row["errors"].push_back(
      {{"what", fmt::format("the smoke case {} of {} cannot run", row.at("case").get<std::string>(),
                            row.at("type").get<std::string>())},
       {"where", "plugin " + row.at("plugin").get<std::string>()},
       {"hint", "recipe.json is what the host makes of the case"}});
}

// The data, the recipe, and the run itself, in `folder`.
void run_in(const std::filesystem::path& folder, const SmokeJob& job, const SmokeOptions& options,
            const Catalog& catalog) {
  const RunControl& control = options.run_control();
  const auto pool = ThreadPool::of_process(0);
  const auto tensors = declared_tensors(catalog, *pool, job.type, *job.one, control,
                                        declare_apart(options, catalog, job.type, job.one->name));
  const json calibration = write_smoke_data(*job.one, tensors, input_names(job), folder, control);
  AtomicFile recipe(folder / "recipe.json");
  recipe.write(smoke_recipe(job, calibration, options, catalog).dump(1) + "\n");
  recipe.commit();
  SessionOptions session;
  session.recipe = folder / "recipe.json";
  session.overrides = options.overrides;
  session.plugin_files = options.plugin_files;
  session.out = folder / "out";
  session.device = options.device;
  session.control = options.control;
  (void)run(session);
}

}  // namespace

json SmokeJob::head() const {
  return {{"type", type},
          {"case", one->name},
          {"wrapper", wrapper.component->name},
          {"plugin", wrapper.plugin->manifest.id}};
}

json smoke_recipe(const SmokeJob& job, const json& calibration, const SmokeOptions& options,
                  const Catalog& catalog) {
  const SmokeCase& one = *job.one;
  json recipe = {
      {"version", 1},
      {"model", {{"checkpoint", "checkpoint"}, {"module", ""}, {"type", job.type}, {"config", *one.config}}},
      {"quantization", *one.quantization},
      {"calibration", {{"inputs", calibration}, {"samples", one.samples}}},
      {"evaluation", {{"samples", 1}}},
      {"gates", *one.gates},
      {"runtime", {{"seed", one.seed}}}};
  if (options.backend.empty()) return recipe;
  json file = {{"backend", options.backend}, {"entry", one.entry}, {"file", model_file(options.backend)}};
  if (!catalog.executors_of(model_file(options.backend)).empty())
    file["gates"] = {{"quantized_to_file", one.file_gates->value(options.backend, *options.file_gates)}};
  recipe["export"] = json::array({std::move(file)});
  return recipe;
}

json run_smoke_case(const SmokeJob& job, const SmokeOptions& options, const Catalog& catalog) {
  const auto begin = SmokeClock::now();
  json row = job.head();
  row.update({{"verdict", "ok"},
              {"exit_code", 0},
              {"errors", json::array()},
              {"mean_abs_diff", nullptr},
              {"max_abs_diff", nullptr},
              {"peir", nullptr},
              {"sqnr_db", nullptr},
              {"gates", json::array()},
              {"file", nullptr}});
  try {
    if (options.backend.empty() && job.one->entry != "forward")
      throw usage_error(fmt::format("without a file only the entry forward runs, not {}", job.one->entry),
                        "--export none", "name a backend");
    const TemporaryFolder folder;
    std::optional<Error> failure;
    try {
      run_in(folder.path(), job, options, catalog);
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      failure = error;
    }
    const json report = read_report(folder.path());
    add_report(row, report, options.backend);
    if (failure) add_error(row, *failure, options, folder.path());
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    add_error(row, error, options, {});
    row["exit_code"] = error.exit_code();  // no plugin has a part in it
  }
  row["seconds"] = std::chrono::duration<double>(SmokeClock::now() - begin).count();
  return row;
}

}  // namespace vernier::core
