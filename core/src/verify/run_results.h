// What an executor gave back: the outputs of a file, and what it computed on the way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tensor/tensor.h"
#include "vernier/abi/results.h"

namespace vernier::core {

// A tensor of a file. `data` is undefined where only its description is known.
struct FileTensor {
  std::string name;
  Shape shape;
  DType dtype;  // of the codes where quantized
  std::optional<QParams> qparams;
  Tensor data;
};

// Checked copy of what a plugin says about a tensor. Throws Error (kPlugin) naming what is wrong.
FileTensor read_description(const vernier_graph_value& description);

class RunResults {
 public:
  explicit RunResults(size_t outputs) : outputs_(outputs) {}

  // Behind vernier.results/1. Throws Error (kPlugin).
  void put(uint64_t output, const vernier_graph_value& description, const void* data, uint64_t length);

  // Throws Error (kPlugin) naming the first output that was never put.
  [[nodiscard]] const FileTensor& output(size_t index) const;
  // By name; null where the executor told nothing of it. Outputs are found too.
  [[nodiscard]] const FileTensor* find(const std::string& name) const;
  // All that it told of, by name.
  [[nodiscard]] const std::map<std::string, FileTensor>& named() const { return named_; }
  [[nodiscard]] size_t intermediates() const { return intermediates_; }
  // What is no output, in the order in which the executor told it; valid as long as this is.
  [[nodiscard]] std::vector<const FileTensor*> nodes() const;

 private:
  std::vector<std::optional<FileTensor>> outputs_;
  std::map<std::string, FileTensor> named_;
  std::vector<std::string> order_;  // of intermediates
  size_t intermediates_ = 0;
};

}  // namespace vernier::core
