#include "vernier/core/smoke.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "device/device.h"
#include "kernels/thread_pool.h"
#include "plugin/find_plugins.h"
#include "session/smoke_run.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

std::vector<std::string> chosen_types(const SmokeOptions& options, const Catalog& catalog) {
  if (options.types.empty()) return catalog.types();
  std::vector<std::string> chosen;
  std::vector<Diagnostic> unknown;
  for (const std::string& type : options.types) {
    if (std::find(chosen.begin(), chosen.end(), type) != chosen.end()) continue;
    chosen.push_back(type);
    if (catalog.wrapper_for(type)) continue;
    std::string close = did_you_mean(type, catalog.types());
    unknown.push_back({fmt::format("no wrapper serves the module type {}", in_quotes(type)), "TYPE",
                       close.empty() ? "`vernier smoke --list` names what there is" : close});
  }
  if (!unknown.empty()) throw Error(ErrorKind::kUsage, std::move(unknown));
  return chosen;
}

struct Chosen {
  std::vector<SmokeJob> jobs;
  std::vector<std::string> without;  // types for which there is none
  std::vector<std::string> names;    // of all their cases
};

// Throws where the user names what is not there.
void require_chosen(const Chosen& chosen, const SmokeOptions& options) {
  if (!options.name.empty() && chosen.jobs.empty() && !chosen.names.empty()) {
    std::vector<std::string> names = chosen.names;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const std::string close = did_you_mean(options.name, names);
    throw usage_error(fmt::format("no case is called {}", in_quotes(options.name)), "--size",
                      close.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : close);
  }
  if (options.types.empty() || chosen.without.empty()) return;
  throw usage_error(
      options.name.empty()
          ? fmt::format("no smoke case for {}", fmt::join(chosen.without, ", "))
          : fmt::format("no smoke case {} for {}", in_quotes(options.name), fmt::join(chosen.without, ", ")),
      "TYPE", "add one as \"smoke\" to the wrapper's row in its manifest.json, see sdk/README.md");
}

Chosen choose(const SmokeOptions& options, const Catalog& catalog) {
  Chosen chosen;
  for (const std::string& type : chosen_types(options, catalog)) {
    const ComponentRef wrapper = catalog.wrapper_for(type);
    bool is_found = false;
    for (const SmokeCase& one : wrapper.component->smoke) {
      chosen.names.push_back(one.name);
      if (!options.name.empty() && one.name != options.name) continue;
      chosen.jobs.push_back({type, wrapper, &one});
      is_found = true;
    }
    if (!is_found) chosen.without.push_back(type);
  }
  require_chosen(chosen, options);
  return chosen;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The code of the worst row.
int worst(const std::vector<int>& codes) {
  constexpr std::array kWorstFirst = {ErrorKind::kInternal, ErrorKind::kPlugin, ErrorKind::kUsage,
                                      ErrorKind::kData, ErrorKind::kGate};
  for (const ErrorKind kind : kWorstFirst) {
    const int code = static_cast<int>(kind);
    if (std::find(codes.begin(), codes.end(), code) != codes.end()) return code;
  }
  return 0;
}

// A backend that is not there would be the same error for each case.
void require_backend(const SmokeOptions& options, const Catalog& catalog) {
  if (options.backend.empty() || catalog.find("backend", options.backend)) return;
  const std::vector<std::string> known = catalog.names("backend");
  const std::string close = did_you_mean(options.backend, known);
  throw usage_error(fmt::format("no backend is called {}", in_quotes(options.backend)), "--export",
                    close.empty() ? fmt::format("there are {}, none", fmt::join(known, ", ")) : close);
}

}  // namespace

Catalog find_catalog(const SmokeOptions& options) {
  SearchOptions search;
  search.files = options.plugin_files;
  Resolution found = find_plugins(search, {}, options.run_control());
  throw_on_conflict(found);
  return Catalog(std::move(found.catalog));
}

json list_smoke(const SmokeOptions& options) {
  const Catalog catalog = find_catalog(options);
  const Chosen chosen = choose(options, catalog);
  json cases = json::array();
  for (const SmokeJob& job : chosen.jobs) {
    json row = job.head();
    row.update({{"entry", job.one->entry},
                {"config", *job.one->config},
                {"inputs", *job.one->inputs},
                {"samples", job.one->samples},
                {"seed", job.one->seed},
                {"gates", *job.one->gates}});
    cases.push_back(std::move(row));
  }
  return {{"version", 1}, {"cases", cases}, {"without_case", chosen.without}};
}

json smoke(const SmokeOptions& options, const std::function<void(const json& row)>& each) {
  const auto begin = std::chrono::steady_clock::now();
  const Catalog catalog = find_catalog(options);
  require_backend(options, catalog);
  const Chosen chosen = choose(options, catalog);
  const auto loading = std::chrono::steady_clock::now();
  const auto pool = ThreadPool::of_process(0);
  if (!chosen.jobs.empty()) (void)options.device(*pool);  // its library then counts for no case
  const double seconds_loading = seconds_since(loading);
  json cases = json::array();
  std::vector<int> codes;
  for (const SmokeJob& job : chosen.jobs) {
    options.run_control().check();
    cases.push_back(run_smoke_case(job, options, catalog));
    codes.push_back(cases.back().at("exit_code").get<int>());
    if (each) each(cases.back());
  }
  return {{"version", 1},
          {"cases", cases},
          {"without_case", chosen.without},
          {"seconds", seconds_since(begin)},
          {"seconds_loading", seconds_loading},
          {"exit_code", worst(codes)}};
}

}  // namespace vernier::core
