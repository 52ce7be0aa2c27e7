#include "vernier/core/execute_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"
#include "kernels/thread_pool.h"
#include "plugin/find_plugins.h"
#include "plugin/plugin_hub.h"
#include "program/codes.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "verify/executed_file.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

nlohmann::json row_of(const FileTensor& tensor) {
  const bool is_coded = tensor.qparams && tensor.qparams->scale.size() == 1;
  return {{"name", tensor.name},
          {"dtype", tensor.dtype.name()},
          {"shape", tensor.shape},
          {"scale", is_coded ? nlohmann::json(tensor.qparams->scale.front()) : nlohmann::json(nullptr)},
          {"zero_point",
           is_coded ? nlohmann::json(tensor.qparams->zero_point.front()) : nlohmann::json(nullptr)}};
}

Tensor input_of(const Safetensors& given, const FileTensor& wanted, const std::string& source) {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : given.entries()) {
    names.push_back(entry.name);
    if (entry.name != wanted.name) continue;
    Tensor x = given.tensor(entry);
    const auto is_index = [](DType dtype) { return dtype == kInt32 || dtype == kInt64; };
    if (is_index(x.dtype) && is_index(wanted.dtype)) return as_integers(x, wanted.dtype);
    if (x.dtype == wanted.dtype) return x;
    throw data_error(
        fmt::format("{} is {}; the file takes {}", wanted.name, x.dtype.name(), wanted.dtype.name()), source,
        "inputs are given as the file has them: codes where it has codes");
  }
  throw data_error(fmt::format("there is no tensor {}", wanted.name), source,
                   did_you_mean(wanted.name, names));
}

std::string named(const std::vector<FileTensor>& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const FileTensor& one : tensors) names.push_back(in_quotes(one.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

nlohmann::json execute_file(const ExecuteOptions& options) {
  for (const auto& read : {options.file, options.inputs}) {
    std::error_code error;
    if (std::filesystem::equivalent(read, options.outputs, error))
      throw usage_error(fmt::format("{} is read, and would be written", options.outputs.string()),
                        "--outputs", "name another file");
  }
  const RunControl& control = options.control == nullptr ? RunControl::none() : *options.control;
  SearchOptions search;
  search.files = options.plugin_files;
  const Resolution found = find_plugins(search, {}, control);
  throw_on_conflict(found);
  const Catalog& catalog = found.catalog;
  const auto pool = ThreadPool::of_process(0);
  HostServices services(*pool, control);
  PluginHub hub(services, catalog);
  ExecutedFile file(
      services, options.executor.empty() ? hub.executor_for(options.file) : hub.executor(options.executor),
      options.executor_options, options.file);
  const Safetensors given = Safetensors::open(options.inputs, control);
  if (given.entries().size() != file.inputs().size())
    throw data_error(fmt::format("it has {} tensors; {} takes {}", given.entries().size(),
                                 options.file.filename().string(), file.inputs().size()),
                     options.inputs.string(), "its inputs are " + named(file.inputs()));
  std::vector<Tensor> inputs;
  nlohmann::json result = {{"executor", file.executor()},
                           {"inputs", nlohmann::json::array()},
                           {"outputs", nlohmann::json::array()}};
  for (const FileTensor& wanted : file.inputs()) {
    inputs.push_back(input_of(given, wanted, options.inputs.string()));
    result["inputs"].push_back(row_of(wanted));
  }
  const RunResults results = file.run(inputs, options.all);
  for (const FileTensor& output : file.outputs()) result["outputs"].push_back(row_of(output));
  std::vector<SafetensorsWriter::Item> items;
  std::vector<Tensor> tensors;
  const auto add = [&](const std::string& name, const Tensor& x) {
    items.push_back({name, x.dtype, x.shape});
    tensors.push_back(x);
  };
  std::set<std::string> outputs;
  for (size_t i = 0; i < file.outputs().size(); ++i) {
    outputs.insert(file.outputs()[i].name);
    add(file.outputs()[i].name, results.output(i).data);
  }
  if (options.all) {
    for (const auto& [name, tensor] : results.named()) {
      if (!outputs.contains(name)) add(name, tensor.data);
    }
  }
  SafetensorsWriter writer(options.outputs, items);
  for (size_t i = 0; i < items.size(); ++i) writer.write(i, tensors[i]);
  writer.finish();
  return result;
}

}  // namespace vernier::core
