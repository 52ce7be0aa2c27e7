#include "checkpoint/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkpoint/shard_index.h"
#include "file/folder_commit.h"
#include "file/mapped_file.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "text/strict_json.h"

namespace vernier::core {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kConfig = "config.json";

bool there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

// Names of the folder's *.safetensors, sorted.
std::vector<std::string> tensor_files(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    if (it->path().extension() == ".safetensors") files.push_back(it->path().filename().string());
  }
  if (failure)
    throw data_error(fmt::format("the folder cannot be read: {}", failure.message()), folder.string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string only_file(const fs::path& folder) {
  const std::vector<std::string> files = tensor_files(folder);
  if (files.size() == 1) return files.front();
  if (files.empty()) {
    throw data_error(
        fmt::format("no {}, no {} and no other .safetensors file in the folder", kSingle, kIndex),
        folder.string(),
        there(folder / "pytorch_model.bin") ? "pytorch_model.bin is not read; save the model as safetensors"
                                            : "name the folder that holds the model");
  }
  throw data_error(fmt::format("no {}, but {} other .safetensors files: {}", kSingle, files.size(),
                               fmt::join(files, ", ")),
                   folder.string(), "name the file instead of the folder");
}

}  // namespace

Checkpoint Checkpoint::open(const fs::path& folder_or_file, const RunControl& control) {
  Checkpoint checkpoint;
  checkpoint.path_ = folder_or_file;
  std::error_code ignored;
  settle_around(folder_or_file);
  if (!there(folder_or_file)) throw data_error("the checkpoint is not there", folder_or_file.string());
  if (!fs::is_directory(folder_or_file, ignored)) {
    if (folder_or_file.extension() != ".safetensors") {
      throw data_error("a checkpoint is a folder or a .safetensors file", folder_or_file.string());
    }
    checkpoint.add_file(folder_or_file.parent_path(), folder_or_file.filename().string(), control);
    return checkpoint;
  }
  checkpoint.read_config(folder_or_file);
  const fs::path index = folder_or_file / kIndex;
  if (there(folder_or_file / kSingle) || !there(index)) {
    checkpoint.open_single(folder_or_file, control);
  } else {
    checkpoint.open_sharded(index, control);
  }
  return checkpoint;
}

void Checkpoint::add_file(const fs::path& folder, const std::string& file, const RunControl& control) {
  tensors_.push_back(Safetensors::open(folder / file, control));
  files_.push_back(file);
  for (const SafetensorsEntry& entry : tensors_.back().entries())
    places_.emplace(entry.name, Place{files_.size() - 1, &entry});
}

void Checkpoint::open_single(const fs::path& folder, const RunControl& control) {
  add_file(folder, there(folder / kSingle) ? std::string(kSingle) : only_file(folder), control);
  if (there(folder / kIndex)) {
    warnings_.push_back({fmt::format("{} is read, {} is passed over", kSingle, kIndex), folder.string(),
                         "remove the one that is out of date"});
  }
}

void Checkpoint::open_sharded(const fs::path& index, const RunControl& control) {
  const std::map<std::string, std::string> shards = read_shard_index(index);
  std::map<std::string, size_t> opened;
  for (const auto& [name, shard] : shards) {
    control.check();
    auto at = opened.find(shard);
    if (at == opened.end()) {
      const fs::path file = index.parent_path() / shard;
      if (!there(file)) {
        throw data_error(
            fmt::format("the shard {} of tensor {} is not there", in_quotes(shard), in_quotes(name)),
            index.string(), "fetch the checkpoint's missing file");
      }
      tensors_.push_back(Safetensors::open(file, control));
      files_.push_back(shard);
      at = opened.emplace(shard, files_.size() - 1).first;
    }
    const Safetensors& tensors = tensors_[at->second];
    const SafetensorsEntry* entry = tensors.find(name);
    if (!entry) {
      throw data_error(fmt::format("the index puts tensor {} into {}, which does not hold it",
                                   in_quotes(name), in_quotes(shard)),
                       index.string(), did_you_mean(name, tensors.names()));
    }
    places_.emplace(name, Place{at->second, entry});
  }
  for (size_t i = 0; i < tensors_.size(); ++i) {
    std::vector<std::string> unlisted;
    size_t count = 0;
    for (const SafetensorsEntry& entry : tensors_[i].entries()) {
      const auto place = places_.find(entry.name);
      if (place != places_.end() && place->second.file == i) continue;
      if (++count <= 3) unlisted.push_back(in_quotes(entry.name));
    }
    if (count == 0) continue;
    warnings_.push_back(
        {fmt::format("{} of {}'s tensors are not in the index and are passed over: {}{}", count, files_[i],
                     fmt::join(unlisted, ", "), count > unlisted.size() ? ", ..." : ""),
         index.string(),
         {}});
  }
}

nlohmann::json read_model_config(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) throw data_error("the checkpoint is no folder", folder.string());
  const fs::path file = folder / kConfig;
  if (!there(file)) return nlohmann::json::object();
  const auto mapped = MappedFile::open(file);
  const std::string_view text(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
  constexpr JsonLimits kLimits{size_t{16} << 20, 64, 500'000};
  nlohmann::json config = parse_strict_json(text, file.string(), kLimits);
  if (!config.is_object())
    throw data_error(fmt::format("config.json holds a {}, not an object", config.type_name()),
                     file.string() + ":1:1");
  return config;
}

void Checkpoint::read_config(const fs::path& folder) {
  if (!there(folder / kConfig)) return;
  config_ = read_model_config(folder);
  config_file_ = folder / kConfig;
}

const Checkpoint::Place& Checkpoint::find(std::string_view name) const {
  const auto found = places_.find(name);
  if (found != places_.end()) return found->second;
  throw data_error(fmt::format("no tensor {} in the checkpoint", in_quotes(name)), path_.string(),
                   did_you_mean(name, names()))
      .with(VERNIER_NOT_FOUND);
}

TensorInfo Checkpoint::describe(const Place& place) const {
  const SafetensorsEntry& entry = *place.entry;
  return {entry.name, entry.dtype, entry.shape, files_[place.file], entry.end - entry.begin};
}

TensorInfo Checkpoint::info(std::string_view name) const { return describe(find(name)); }

Tensor Checkpoint::tensor(std::string_view name) const {
  const Place& place = find(name);
  return tensors_[place.file].tensor(*place.entry);
}

std::vector<TensorInfo> Checkpoint::list() const {
  std::vector<TensorInfo> all;
  all.reserve(places_.size());
  for (const auto& one : places_) all.push_back(describe(one.second));
  return all;
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> all;
  all.reserve(places_.size());
  for (const auto& one : places_) all.push_back(one.first);
  return all;
}

}  // namespace vernier::core
