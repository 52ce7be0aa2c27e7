// A number that stands for what a graph computes and where it takes it from.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "graph/graph.h"
#include "plugin/sha256.h"

namespace vernier::core {

// SHA-256 of things told one after the other; their kinds and lengths count, so that no two lists of things
// run into each other.
class Fingerprint {
 public:
  Fingerprint& add(std::string_view text);
  Fingerprint& add(int64_t number);
  Fingerprint& add(double number);
  Fingerprint& add(std::span<const int64_t> numbers);
  // Dtype, shape and elements, which are read.
  Fingerprint& add(const Tensor& tensor);
  Fingerprint& add(DType dtype);

  // Lower-case hex. Ends the object's use.
  [[nodiscard]] std::string finish() { return hash_.finish(); }

 private:
  template <typename T>
  void raw(char kind, const T* values, size_t count);

  Sha256 hash_;
};

// The tree's names for what a traced graph holds as places in it.
struct TreeNames {
  std::function<std::string_view(int32_t parameter)> parameter;
  std::function<std::string_view(int32_t site)> site;
};

// All of a traced graph but its scopes, which change no number.
void add(Fingerprint& fingerprint, const Graph& graph, const TreeNames& names);

}  // namespace vernier::core
