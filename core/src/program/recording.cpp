#include "program/recording.h"

#include <fmt/format.h>

#include <charconv>

#include "calibration/npy.h"
#include "checkpoint/safetensors_writer.h"
#include "program/codes.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

constexpr const char* kWanted = "docs/program.md, \"Recordings\", says how tensors are named";

// The request's number before the first dot.
uint64_t number_in(const std::string& name, const std::string& where) {
  uint64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || stop == end || *stop != '.')
    throw data_error(
        fmt::format("the name {} does not begin with a request's number and a dot", in_quotes(name)), where,
        kWanted);
  return number;
}

}  // namespace

std::string request_name(uint64_t request, const std::string& tensor) {
  return fmt::format("{}.request.{}", request, tensor);
}

std::string tokens_name(uint64_t request) { return fmt::format("{}.tokens", request); }

Recording Recording::open(const fs::path& path, const RunControl& control) {
  Recording result;
  result.label_ = path.string();
  std::error_code failure;
  if (fs::is_directory(path, failure)) {
    for (fs::recursive_directory_iterator it(path, failure), end; !failure && it != end;
         it.increment(failure)) {
      control.check();
      const fs::path& file = it->path();
      if (file.extension() == ".npy")
        result.add(file.lexically_relative(path).replace_extension().generic_string(), file);
      if (file.extension() == ".safetensors") result.add_safetensors(file, control);
    }
    if (failure)
      throw data_error(fmt::format("the folder cannot be read: {}", failure.message()), result.label_);
  } else {
    result.add_safetensors(path, control);
  }
  if (result.places_.empty())
    throw data_error("the recording has no tensors", result.label_,
                     "it is a .safetensors file, or a folder of .npy and .safetensors files");
  return result;
}

void Recording::add(const std::string& name, const fs::path& file) {
  requests_.insert(number_in(name, file.string()));
  const auto [place, is_new] = places_.try_emplace(name, file);
  if (!is_new)
    throw data_error(fmt::format("tensor {} is there twice", in_quotes(name)),
                     fmt::format("{} and {}", place->second.string(), file.string()));
}

void Recording::add_safetensors(const fs::path& file, const RunControl& control) {
  const Safetensors& opened = opened_.emplace(file, Safetensors::open(file, control)).first->second;
  for (const SafetensorsEntry& entry : opened.entries()) add(entry.name, file);
}

Tensor Recording::tensor(const std::string& name) const {
  const auto place = places_.find(name);
  if (place == places_.end())
    throw data_error(fmt::format("there is no tensor {}", in_quotes(name)), label_, kWanted);
  const auto opened = opened_.find(place->second);
  return opened == opened_.end() ? NpyFile::open(place->second).tensor() : opened->second.tensor(name);
}

std::vector<std::string> Recording::names() const { return names_behind(""); }

std::vector<std::string> Recording::names_behind(const std::string& prefix) const {
  std::vector<std::string> found;
  for (auto it = places_.lower_bound(prefix); it != places_.end() && it->first.starts_with(prefix); ++it)
    found.push_back(it->first);
  return found;
}

Request Recording::request(uint64_t number) const {
  const std::string prefix = request_name(number, "");
  Request result;
  for (const std::string& name : names_behind(prefix)) result[name.substr(prefix.size())] = tensor(name);
  return result;
}

std::vector<int32_t> Recording::tokens(uint64_t number) const {
  const std::string name = tokens_name(number);
  if (!has(name)) return {};
  const Tensor x = tensor(name);
  if (x.dtype != kInt32 && x.dtype != kInt64)
    throw data_error(fmt::format("{} is {}; tokens are int32 or int64", name, x.dtype.name()), label_);
  const Tensor tokens = as_integers(x, kInt32);
  return {tokens.as<int32_t>(), tokens.as<int32_t>() + tokens.elements()};
}

void write_recording(const fs::path& file, const RecordedTensors& tensors) {
  std::vector<SafetensorsWriter::Item> items;
  for (const auto& [name, tensor] : tensors) items.push_back({name, tensor.dtype, tensor.shape});
  SafetensorsWriter writer(file, items);
  size_t place = 0;
  for (const auto& [name, tensor] : tensors) writer.write(place++, tensor);
  writer.finish();
}

}  // namespace vernier::core
