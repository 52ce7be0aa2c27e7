// A model's checkpoint: its config.json and its tensors by name, whatever the files they lie in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/parameter_source.h"
#include "checkpoint/safetensors.h"
#include "tensor/tensor.h"
#include "vernier/core/error.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct TensorInfo {
  std::string name;
  DType dtype;
  Shape shape;
  std::string file;  // the file's name within the checkpoint's folder
  uint64_t bytes = 0;
};

// The folder with config.json, tokenizer and the like: of a .safetensors file the one that it lies in.
[[nodiscard]] std::filesystem::path checkpoint_folder(const std::filesystem::path& folder_or_file);

// config.json of a checkpoint's folder, of which nothing else is read; an empty object when there is none.
// Throws Error (kData) with line:column for JSON; where there is no such folder.
nlohmann::json read_model_config(const std::filesystem::path& folder);

// Immutable after open(): any thread may read. Files stay mapped as long as this object or any tensor of it.
class Checkpoint final : public ParameterSource {
 public:
  // One of: a folder with model.safetensors; a folder with model.safetensors.index.json and the shards it
  // lists; a folder with one *.safetensors of another name; a .safetensors file, with the config.json beside
  // it. All headers are read and checked, no tensor data. Throws Error (kData) naming file, tensor and both
  // sides, with line:column for JSON; a stop where `control` asks for one.
  static Checkpoint open(const std::filesystem::path& folder_or_file,
                         const RunControl& control = RunControl::none());

  // The folder's config.json; an empty object when there is none.
  [[nodiscard]] const nlohmann::json& config() const { return config_; }
  // Path of config.json; empty when there is none.
  [[nodiscard]] const std::filesystem::path& config_file() const { return config_file_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Names of the tensor files, in the order in which they were opened.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  // What does not stop the work: tensors that lie in a shard but not in the index, a file that is passed
  // over.
  [[nodiscard]] const std::vector<Diagnostic>& warnings() const { return warnings_; }

  // For the end of a run: throws Error (kData) naming a tensor file that was written to since open(), of
  // which some tensors may be old and some new. One that another took the place of is read as it was.
  void require_unchanged() const;

  [[nodiscard]] bool contains(std::string_view name) const override {
    return places_.find(name) != places_.end();
  }
  // Dtype and shape as the header tells them. Throws like tensor().
  [[nodiscard]] TensorInfo info(std::string_view name) const;
  // A view into the mapping (see Safetensors::tensor). Throws Error (kData) with the nearest name when there
  // is none, or with the prefix that it has in this checkpoint.
  [[nodiscard]] Tensor tensor(std::string_view name) const;
  [[nodiscard]] Tensor parameter(std::string_view name, const Shape&) const override { return tensor(name); }
  [[nodiscard]] Tensor scalar(std::string_view name) const override { return tensor(name); }
  // Sorted by name.
  [[nodiscard]] std::vector<TensorInfo> list() const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Place {
    size_t file;  // into files_ and tensors_
    const SafetensorsEntry* entry;
  };

  // Of a file as it was when it was opened.
  struct Stamp {
    std::filesystem::path file;
    uint64_t device = 0, inode = 0, size = 0;
    int64_t changed = 0;  // nanoseconds of its last modification
  };
  static Stamp stamp_of(const std::filesystem::path& file);

  void add_tensors(const std::filesystem::path& folder, const std::string& file, const RunControl& control);
  void add_file(const std::filesystem::path& folder, const std::string& file, const RunControl& control);
  void open_single(const std::filesystem::path& folder, const RunControl& control);
  void open_sharded(const std::filesystem::path& index, const RunControl& control);
  void read_config(const std::filesystem::path& folder);
  [[nodiscard]] const Place& find(std::string_view name) const;
  [[nodiscard]] std::string hint_for(std::string_view name) const;
  [[nodiscard]] TensorInfo describe(const Place& place) const;

  std::filesystem::path path_;
  std::filesystem::path config_file_;
  JsonValue config_ = JsonValue::object();
  std::vector<std::string> files_;
  std::vector<Safetensors> tensors_;
  std::map<std::string, Place, std::less<>> places_;
  std::vector<Stamp> stamps_;  // of files_
  std::vector<Diagnostic> warnings_;
};

}  // namespace vernier::core
