#include "plugin/smoke_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "plugin/entry_names.h"
#include "plugin/manifest.h"
#include "random/random_description.h"
#include "random/torch_numbers.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr int64_t kMostElements = int64_t{1} << 24;  // of one tensor: a case is small

void check_size(const RandomDescription& tensor, const std::string& name, const std::string& where) {
  if (element_count(tensor.shape) > kMostElements)
    throw plugin_error(fmt::format("{} has more than {} elements", in_quotes(name), kMostElements), where,
                       "a smoke case is small");
}

// A description that random/ takes, or its complaint as the manifest's.
RandomDescription described(const json& row, const std::vector<DType>& dtypes, const std::string& where) {
  try {
    return parse_random_description(row, dtypes, where);
  } catch (const Error& error) {
    throw Error(ErrorKind::kPlugin, error.diagnostics());
  }
}

void check_drawn_by_torch(const RandomDescription& input, const std::string& name, const std::string& where) {
  const Distribution& as = input.distribution;
  if (input.dtype == kFloat32 && as.kind == Distribution::Kind::kNormal && as.mean == 0 && as.std == 1 &&
      element_count(input.shape) >= static_cast<int64_t>(TorchNumbers::kLeastNormals))
    return;
  throw plugin_error(
      fmt::format("the generator torch does not draw the input {}", in_quotes(name)), where,
      "it draws float32 inputs of at least 16 normal numbers with mean 0 and std 1; leave \"generator\" out");
}

void check_inputs(const SmokeCase& one, const EntryInfo& entry, const std::string& where) {
  if (has_repeated(entry.inputs))
    throw plugin_error(fmt::format("the entry {} takes {}: how many they are a smoke case cannot say",
                                   entry.name, fmt::join(entry.inputs, ", ")),
                       where, "try the wrapper by another entry");
  for (const auto& [name, row] : one.inputs->items()) {
    if (std::find(entry.inputs.begin(), entry.inputs.end(), name) != entry.inputs.end()) continue;
    throw plugin_error(fmt::format("the entry {} has no input {}", entry.name, in_quotes(name)), where,
                       fmt::format("its inputs are {}", fmt::join(entry.inputs, ", ")));
  }
  for (const std::string& name : entry.inputs) {
    const auto row = one.inputs->find(name);
    if (row == one.inputs->end())
      throw plugin_error(
          fmt::format("the input {} of the entry {} is not described", in_quotes(name), entry.name), where,
          "each input has a shape");
    const RandomDescription input = described(*row, {kFloat32, kInt64, kInt32, kBool}, where);
    check_size(input, name, where);
    if (one.is_drawn_by_torch) check_drawn_by_torch(input, name, where);
  }
}

void check_tensors(const SmokeCase& one, const std::string& where) {
  for (const auto& [name, row] : one.tensors->items()) {
    json whole = row;
    if (!whole.contains("shape")) whole["shape"] = {1};
    check_size(described(whole, {kFloat32}, where), name, where);
    if (one.is_drawn_by_torch && row.size() > (row.contains("shape") ? 1 : 0))
      throw plugin_error(
          fmt::format("the generator torch draws the tensor {} as it draws all", in_quotes(name)), where,
          "say no more than its \"shape\", or leave \"generator\" out");
  }
}

}  // namespace

SmokeCase parse_smoke_case(const json& row) {
  SmokeCase one;
  one.name = row.at("name").get<std::string>();
  one.entry = row.value("entry", "forward");
  one.config = row.value("config", json::object());
  one.inputs = row.at("inputs");
  one.tensors = row.value("tensors", json::object());
  one.numbers = row.value("numbers", json::object());
  one.quantization = row.value("quantization", json{{"weight", {{"dtype", "int8"}}}});
  one.gates = row.value("gates", json::object());
  one.file_gates = row.value("file_gates", json::object());
  one.without = row.value("without", std::vector<std::string>{});
  one.samples = row.value("samples", uint64_t{8});
  one.seed = row.value("seed", uint64_t{42});
  one.is_drawn_by_torch = row.value("generator", "philox") == "torch";
  return one;
}

void check_smoke_cases(const ComponentInfo& info, const std::string& where) {
  if (info.smoke.empty()) return;
  if (info.kind != "wrapper")
    throw plugin_error(fmt::format("{} {} has smoke cases; only wrappers have them", info.kind, info.name),
                       where);
  std::set<std::string> names;
  for (const SmokeCase& one : info.smoke) {
    const std::string here = fmt::format("{}: smoke case {} of wrapper {}", where, one.name, info.name);
    if (!names.insert(one.name).second) throw plugin_error("the smoke case is there twice", here);
    const auto entry = std::find_if(info.entries.begin(), info.entries.end(),
                                    [&](const EntryInfo& found) { return found.name == one.entry; });
    if (entry == info.entries.end()) {
      std::vector<std::string> known;
      for (const EntryInfo& found : info.entries) known.push_back(found.name);
      throw plugin_error(fmt::format("the wrapper has no entry {}", in_quotes(one.entry)), here,
                         did_you_mean(one.entry, known));
    }
    check_inputs(one, *entry, here);
    check_tensors(one, here);
  }
}

}  // namespace vernier::core
