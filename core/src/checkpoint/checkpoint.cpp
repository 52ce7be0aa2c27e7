#include "checkpoint/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

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

// What to do where a folder has no safetensors.
std::string other_form(const fs::path& folder) {
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    const std::string end_of_name = it->path().extension().string();
    for (const char* other : {".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".ckpt", ".onnx"}) {
      if (end_of_name == other)
        return fmt::format("{} is not read; save the model as safetensors",
                           in_quotes(it->path().filename().string()));
    }
  }
  return "name the folder that holds the model";
}

std::string only_file(const fs::path& folder) {
  const std::vector<std::string> files = tensor_files(folder);
  if (files.size() == 1) return files.front();
  if (files.empty()) {
    throw data_error(
        fmt::format("no {}, no {} and no other .safetensors file in the folder", kSingle, kIndex),
        folder.string(), other_form(folder));
  }
  throw data_error(fmt::format("no {}, but {} other .safetensors files: {}", kSingle, files.size(),
                               fmt::join(files, ", ")),
                   folder.string(), "name the one that is meant instead of the folder");
}

}  // namespace

fs::path checkpoint_folder(const fs::path& folder_or_file) {
  std::error_code ignored;
  if (fs::is_directory(folder_or_file, ignored)) return folder_or_file;
  const fs::path folder = folder_or_file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

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
    checkpoint.read_config(checkpoint_folder(folder_or_file));
    checkpoint.add_file(checkpoint_folder(folder_or_file), folder_or_file.filename().string(), control);
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

Checkpoint::Stamp Checkpoint::stamp_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {file, 0, 0, 0, 0};
  return {file, static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino),
          static_cast<uint64_t>(status.st_size),
          static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

void Checkpoint::require_unchanged() const {
  for (const Stamp& before : stamps_) {
    const Stamp now = stamp_of(before.file);
    const bool is_same_file = now.device == before.device && now.inode == before.inode;
    if (!is_same_file || (now.size == before.size && now.changed == before.changed)) continue;
    throw data_error("the checkpoint was written to while it was read", before.file.string(),
                     "the result would be of neither model: run again when nothing writes to it");
  }
}

void Checkpoint::add_tensors(const fs::path& folder, const std::string& file, const RunControl& control) {
  stamps_.push_back(stamp_of(folder / file));  // before the first byte is read
  tensors_.push_back(Safetensors::open(folder / file, control));
  files_.push_back(file);
}

void Checkpoint::add_file(const fs::path& folder, const std::string& file, const RunControl& control) {
  add_tensors(folder, file, control);
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
      add_tensors(index.parent_path(), shard, control);
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
                   hint_for(name))
      .with(VERNIER_NOT_FOUND);
}

// A body's tensors have a prefix in a model with a head ("bert.", "base_model.model."): the same for all.
std::string Checkpoint::hint_for(std::string_view name) const {
  const std::string behind = fmt::format(".{}", name);
  for (const auto& [other, place] : places_) {
    if (other.size() <= behind.size() || !other.ends_with(behind)) continue;
    const std::string prefix = other.substr(0, other.size() - behind.size());
    return fmt::format("there is {}: with \"module\": {} names begin there", in_quotes(other),
                       in_quotes(prefix));
  }
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const std::string_view rest = name.substr(dot + 1);
    if (contains(rest))
      return fmt::format("there is {}: without \"module\": {} names begin there", in_quotes(rest),
                         in_quotes(name.substr(0, dot)));
  }
  return did_you_mean(name, names());
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
