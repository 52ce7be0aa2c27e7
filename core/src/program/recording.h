// What passed the boundaries of a program's files in a run, written down: a folder's golden run, and what a
// device wrote (docs/program.md, "Recordings").
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"
#include "program/request.h"
#include "tensor/tensor.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// Of a folder: where `vernier run` writes its golden run.
inline constexpr const char* kGoldenFile = "golden.safetensors";

using RecordedTensors = std::map<std::string, Tensor>;

// Names of a recording's tensors.
[[nodiscard]] std::string request_name(uint64_t request, const std::string& tensor);  // "0.request.input_ids"
[[nodiscard]] std::string tokens_name(uint64_t request);                              // "0.tokens"

// Tensors by name, opened when they are asked for. Immutable after open().
class Recording {
 public:
  // A .safetensors file, or a folder with any number of .safetensors and .npy files; the name of an .npy
  // file's tensor is its path in the folder without the end. Throws Error (kData): nothing there, a file that
  // is none, a tensor that is there twice, a name that does not begin with a request's number.
  static Recording open(const std::filesystem::path& path, const RunControl& control = RunControl::none());

  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] const std::set<uint64_t>& requests() const { return requests_; }
  [[nodiscard]] bool has(const std::string& name) const { return places_.contains(name); }
  // Throws Error (kData) where there is none, or its file is damaged.
  [[nodiscard]] Tensor tensor(const std::string& name) const;
  // In the order of their bytes.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<std::string> names_behind(const std::string& prefix) const;

  // The tensors of a request; none where the recording does not have it.
  [[nodiscard]] Request request(uint64_t number) const;
  // Tokens that were chosen, in order; none where it does not say. Throws Error (kData) for other than
  // integers.
  [[nodiscard]] std::vector<int32_t> tokens(uint64_t number) const;

 private:
  void add(const std::string& name, const std::filesystem::path& file);
  void add_safetensors(const std::filesystem::path& file, const RunControl& control);

  std::string label_;
  std::map<std::string, std::filesystem::path> places_;  // by tensor: its file
  std::map<std::filesystem::path, Safetensors> opened_;
  std::set<uint64_t> requests_;
};

// One .safetensors file, which appears when it is complete. Throws Error (kData) where it cannot be made.
void write_recording(const std::filesystem::path& file, const RecordedTensors& tensors);

}  // namespace vernier::core
