#include "vernier/core/trace_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"
#include "session/output_check.h"
#include "session/pipeline.h"
#include "session/recipe_program.h"
#include "session/value_differences.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

struct NamedValue {
  std::string name;
  Tensor value;
};

// Names with the number of their calls.
class CallNames {
 public:
  explicit CallNames(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string input(const std::string& name) const { return fmt::format("{}input/{}", prefix_, name); }
  std::string next(const GraphNode& node) {
    const bool is_site = node.site >= 0;
    const std::string what = is_site               ? std::get<std::string>(node.attributes.at("site"))
                             : node.module.empty() ? node.op
                                                   : node.module + "/" + node.op;
    return fmt::format("{}{}.{}", prefix_, what, calls_[what]++);
  }

 private:
  std::string prefix_;
  std::map<std::string, uint64_t> calls_;
};

void add_unit(const Unit& unit, const TraceOptions& options, const std::string& prefix,
              std::vector<NamedValue>& values) {
  const InputSource& inputs = *unit.evaluation;
  if (options.sample >= inputs.samples())
    throw usage_error(fmt::format("unit {} has {} evaluation samples, and no sample {}", unit.recipe->name,
                                  inputs.samples(), options.sample),
                      fmt::format("--sample {}", options.sample), "samples are counted from 0");
  const bool is_fed = options.quantized && inputs.is_fed();
  const std::vector<Tensor> sample =
      is_fed ? inputs.quantized_sample(options.sample) : inputs.sample(options.sample);
  std::vector<Tensor> kept;  // by value
  (void)unit.runner->run(options.quantized ? Reading::kQuantize : Reading::kFloat, sample, {}, &kept);
  const auto graph = unit.runner->graph(types_of(sample));
  CallNames names(prefix);
  for (size_t i = 0; i < sample.size(); ++i) values.push_back({names.input(unit.input_names[i]), sample[i]});
  for (const GraphNode& node : graph->nodes) {
    const std::string name = names.next(node);
    for (size_t i = 0; i < node.outputs.size(); ++i)
      values.push_back({i == 0 ? name : fmt::format("{}:{}", name, i), kept[node.outputs[i]]});
  }
}

std::vector<NamedValue> traced(Pipeline& run, const TraceOptions& options) {
  run.trace();
  if (options.quantized) {
    run.calibrate();
    if (!run.p.recipe.exports.empty()) (void)run.capture_for_export();  // it raises scales, as `run` does
  }
  std::vector<NamedValue> values;
  for (const auto& unit : run.units) {
    run.control().check();
    add_unit(*unit, options, run.units.size() == 1 ? "" : unit->recipe->name + ":", values);
  }
  return values;
}

void write(const fs::path& file, const TraceOptions& options, const std::vector<NamedValue>& values) {
  std::vector<SafetensorsWriter::Item> items;
  std::vector<std::string> order;
  for (const NamedValue& one : values) {
    items.push_back({one.name, one.value.dtype, one.value.shape});
    order.push_back(one.name);
  }
  SafetensorsWriter writer(file, items,
                           {{"order", fmt::format("{}", fmt::join(order, "\n"))},
                            {"reading", options.quantized ? "quantize" : "float"},
                            {"sample", std::to_string(options.sample)}});
  for (size_t i = 0; i < values.size(); ++i) writer.write(i, values[i].value);
  writer.finish();
}

void compare(const std::vector<NamedValue>& values, const TraceOptions& options, Device& device,
             nlohmann::json& result) {
  const Safetensors other = Safetensors::open(*options.compare);
  std::set<std::string> names;
  uint64_t compared = 0, differing = 0;
  for (const NamedValue& one : values) {
    names.insert(one.name);
    if (other.find(one.name) == nullptr) {
      result["only_here"].push_back(one.name);
      continue;
    }
    ++compared;
    auto difference = value_difference(one.value, other.tensor(one.name), options.atol, options.rtol, device);
    if (!difference) continue;
    if (differing++ > 0) continue;
    (*difference)["name"] = one.name;
    result["first_difference"] = std::move(*difference);
  }
  for (const std::string& name : other.names()) {
    if (!names.contains(name)) result["only_there"].push_back(name);
  }
  if (compared == 0)
    throw data_error("it has none of the names that this recipe's values have", options.compare->string(),
                     fmt::format("names are like {}; another recipe, or another program, wrote it",
                                 values.empty() ? "input/x" : values.back().name));
  result["compared"] = compared;
  result["differing"] = differing;
}

// What is read must not be what is written.
void refuse_inputs(const Pipeline& run, const TraceOptions& options) {
  const fs::path out = fs::absolute(options.out);
  const std::string shown = "--out " + options.out.string();
  OutputCheck check(out.parent_path(), shown, /*is_ours=*/false);
  add_inputs(check, run.options, run.p.recipe, *run.p.catalog);
  if (options.compare)
    check.add_input(*options.compare, "what it is compared with", "--compare " + options.compare->string());
  check.add_output(out.filename(), "the file", shown);
}

}  // namespace

nlohmann::json trace_values(const SessionOptions& session, const TraceOptions& options) {
  Pipeline run(session);
  refuse_program(run.p, "`vernier trace`");
  refuse_inputs(run, options);
  const std::vector<NamedValue> values = traced(run, options);
  nlohmann::json result = {{"file", options.out.string()},
                           {"reading", options.quantized ? "quantize" : "float"},
                           {"sample", options.sample},
                           {"values", values.size()},
                           {"compared", 0},
                           {"only_here", nlohmann::json::array()},
                           {"only_there", nlohmann::json::array()},
                           {"differing", 0},
                           {"first_difference", nullptr}};
  if (options.compare) compare(values, options, *run.device, result);
  write(options.out, options, values);
  return result;
}

std::string trace_table(const nlohmann::json& result) {
  std::string text = fmt::format("{}  {} values of sample {}, {}\n", result.at("file").get<std::string>(),
                                 result.at("values").get<uint64_t>(), result.at("sample").get<uint64_t>(),
                                 result.at("reading") == "float" ? "in float" : "quantized");
  if (result.at("compared") == 0) return text;
  text += fmt::format("{} compared, {} differ; {} only here, {} only there\n",
                      result.at("compared").get<uint64_t>(), result.at("differing").get<uint64_t>(),
                      result.at("only_here").size(), result.at("only_there").size());
  const nlohmann::json& first = result.at("first_difference");
  if (first.is_null()) return text;
  text +=
      fmt::format("first difference: {} {}\n", first.at("name").get<std::string>(), first.at("shape").dump());
  return text +
         (first.at("largest").is_null()
              ? fmt::format("  the other has the shape {}\n", first.at("other_shape").dump())
              : fmt::format("  largest {} at {}: {}, the other {}\n", first.at("largest").dump(),
                            first.at("at").dump(), first.at("value").dump(), first.at("other").dump()));
}

}  // namespace vernier::core
