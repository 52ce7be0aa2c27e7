#include "report/report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "report/made_of.h"

namespace vernier::core {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

nlohmann::json axis_json(int64_t axis) { return axis < 0 ? nlohmann::json(nullptr) : nlohmann::json(axis); }

nlohmann::json raised_json(const Site& site) {
  nlohmann::json rows = nlohmann::json::array();
  for (const RaisedScale& one : site.raised)
    rows.push_back(
        {{"channel", axis_json(one.channel)}, {"from", one.before}, {"to", one.after}, {"bias", one.bias}});
  return rows;
}

nlohmann::json site_row(const ModuleTree& tree, const Site& site) {
  nlohmann::json row = {{"site", site.path},
                        {"role", site.is_weight ? "weight" : "activation"},
                        {"observer", site.spec.observer},
                        {"collected", site.collected},
                        {"chosen_by", site.reason}};
  add_origin(row, tree, site);
  if (!site.is_reached) {
    row["status"] = "unused";
    row["reason"] = "no unit reaches it";
  } else if (site.qparams && !site.qparams->is_float) {
    row["status"] = "quantized";
    row["dtype"] = site.qparams->dtype.name();
    if (!site.raised.empty()) row["raised"] = raised_json(site);
    if (!site.zero_codes.channels.empty()) row["zero_code_channels"] = site.zero_codes.channels;
  } else {
    row["status"] = "float";
    row["reason"] = "observer " + site.spec.observer + " leaves the site in float";
  }
  return row;
}

nlohmann::json stored_json(const StoredParameter& stored) {
  return {{"status", stored.dtype.is_integer() ? "quantized" : "float"},
          {"dtype", stored.dtype.name()},
          {"bytes", stored.bytes}};
}

// What the files hold of the parameter, in their order.
nlohmann::json stored_rows(const Parameter& parameter, const std::vector<StoredFile>& files) {
  nlohmann::json rows = nlohmann::json::array();
  for (const StoredFile& file : files) {
    const auto found = file.parameters.find(parameter.path);
    if (found == file.parameters.end()) continue;
    rows.push_back(stored_json(found->second));
    rows.back()["file"] = file.name;
  }
  return rows;
}

std::string float_reason(const ModuleTree& tree, const Parameter& parameter, bool is_stored) {
  if (const Parameter* whole = is_stored ? nullptr : part_of(tree, parameter))
    return "part of the constant " + whole->path;
  if (tree.code_qparams(parameter) != nullptr)
    return "the format of the file keeps it as the real numbers of its codes";
  if (parameter.is_bias)
    return is_stored ? "bias: float beside an input or a weight that is float"
                     : "bias: no exported file holds it beside a quantized input and weight";
  return parameter.site < 0
             ? (parameter.is_computed() || parameter.is_table
                    ? "the forward makes it and does not quantize it"
                    : "the wrapper declares it without a site")
             : "observer " + tree.sites[parameter.site].spec.observer + " leaves the site in float";
}

nlohmann::json parameter_row(const ModuleTree& tree, const Parameter& parameter,
                             const std::vector<StoredFile>& files) {
  nlohmann::json row = {{"parameter", parameter.path},
                        {"shape", parameter.source.shape},
                        {"checkpoint_dtype", parameter.is_filled ? "none" : parameter.source.dtype.name()}};
  if (parameter.is_filled) row["checkpoint_dtype"] = nullptr;
  if (const nlohmann::json made = made_of(tree, parameter); !made.is_null()) row["made_of"] = made;
  const nlohmann::json stored = stored_rows(parameter, files);
  const QParams* coded = tree.code_qparams(parameter);
  if (!stored.empty()) {
    for (const char* key : {"status", "dtype", "bytes"}) row[key] = stored.front().at(key);
    row["files"] = stored;
  } else if (coded != nullptr) {
    const auto elements = static_cast<uint64_t>(parameter.source.elements());
    row.update(stored_json({coded->dtype, coded->dtype.bytes(elements)}));
    if (!files.empty()) row["reason"] = "no exported file holds it";
  } else {
    row["status"] = "float";
  }
  if (row["status"] == "float") {
    row["reason"] = float_reason(tree, parameter, !stored.empty());
    row.erase("dtype");
    row.erase("bytes");
  } else if (parameter.is_bias && coded == nullptr) {
    row["reason"] = "bias: float in runs, an integer with scale s_input * s_weight[i] in the file";
  } else if (!parameter.is_filled) {
    row["bytes_before"] = parameter.source.bytes();
  }
  return row;
}

}  // namespace

nlohmann::json qparams_json(const ModuleTree& tree) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Site& site : tree.sites) {
    if (!site.is_reached || !site.qparams || site.qparams->is_float) continue;
    rows.push_back({{"site", site.path},
                    {"dtype", site.qparams->dtype.name()},
                    {"scheme", to_string(site.qparams->scheme)},
                    {"axis", axis_json(site.qparams->axis)},
                    {"scale", site.qparams->scale},
                    {"zero_point", site.qparams->zero_point}});
    if (!site.output.empty()) rows.back()["output"] = site.output;
    if (site.qparams->block_size > 0) rows.back()["block_size"] = site.qparams->block_size;
    if (!site.raised.empty()) rows.back()["raised"] = raised_json(site);
    add_origin(rows.back(), tree, site);
  }
  return rows;
}

nlohmann::json coverage_json(const ModuleTree& tree, const std::vector<std::string>& unused,
                             const std::vector<StoredFile>& files) {
  nlohmann::json sites = nlohmann::json::array(), parameters = nlohmann::json::array();
  for (const Site& site : tree.sites) sites.push_back(site_row(tree, site));
  for (const Parameter& parameter : tree.parameters) {
    if (parameter.is_exported) parameters.push_back(parameter_row(tree, parameter, files));
  }
  for (const std::string& scalar : tree.scalars)
    parameters.push_back(
        {{"parameter", scalar}, {"status", "float"}, {"reason", "read as a number, part of the graph"}});
  return {{"sites", sites}, {"parameters", parameters}, {"unused_tensors", unused}};
}

nlohmann::json warnings_json(const ModuleTree& tree, const std::vector<StoredFile>& files) {
  nlohmann::json rows = nlohmann::json::array();
  for (const StoredFile& file : files) {
    for (const Parameter& parameter : tree.parameters) {
      const auto stored = file.parameters.find(parameter.path);
      const QParams* coded = tree.code_qparams(parameter);
      if (coded == nullptr || stored == file.parameters.end() || stored->second.dtype.is_integer()) continue;
      rows.push_back(
          {{"text", fmt::format("{} holds {} as {}: its format has no place for codes of {}", file.name,
                                parameter.path, stored->second.dtype.name(), coded->dtype.name())},
           {"where", "tensor " + parameter.path}});
    }
  }
  for (const Site& site : tree.sites) {
    const ZeroCodes& lost = site.zero_codes;
    if (lost.channels.empty()) continue;
    const std::string what =
        lost.is_whole ? std::string("the weight")
        : lost.channels.size() == 1
            ? fmt::format("channel {}", lost.channels.front())
            : fmt::format("{} channels, the first is {},", lost.channels.size(), lost.channels.front());
    rows.push_back({{"text", fmt::format("all codes of {} mean 0 although its values do not (greatest "
                                         "|value| {:g})",
                                         what, lost.greatest)},
                    {"where", "site " + site.path}});
  }
  return rows;
}

uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void PhaseTimes::start(const std::string& phase) {
  stop();
  if (memory_ != nullptr) (void)memory_->take_peak();
  running_ = phase;
  started_ = now();
}

void PhaseTimes::stop() {
  if (!running_.empty()) {
    phases_.emplace_back(running_, now() - started_);
    if (memory_ != nullptr) (*anonymous_)[running_] = memory_->take_peak();
  }
  running_.clear();
}

nlohmann::json PhaseTimes::to_json() const {
  nlohmann::json result = nlohmann::json::object();
  double total = 0;
  for (const auto& [phase, seconds] : phases_) {
    result[phase] = seconds;
    total += seconds;
  }
  result["total"] = total;
  return result;
}

}  // namespace vernier::core
