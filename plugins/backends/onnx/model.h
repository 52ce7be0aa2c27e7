// An ONNX graph while it is being put together; constants not yet read.
#pragma once

#include <vernier/dtype.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace onnx_backend {

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;

struct Node {
  std::string type;
  std::vector<std::string> inputs;  // an empty name: absent
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;
};

// A constant: bytes made here, or those of a constant of the graph, perhaps with its two axes exchanged.
struct Initializer {
  std::string name;
  vernier::DType dtype;
  std::vector<int64_t> shape;   // as written
  std::vector<std::byte> made;  // used where `value` is none
  uint64_t value = kMade;       // of the graph
  bool is_transposed = false;   // the graph has the other order; two axes
  static constexpr uint64_t kMade = static_cast<uint64_t>(-1);

  [[nodiscard]] uint64_t bytes() const;
};

// A tensor at the model's border, or inside for tools that want shapes.
struct ValueInfo {
  std::string name;
  vernier::DType dtype;
  std::vector<int64_t> shape;
  std::vector<std::string> extents = {};  // names of those that are open; empty: none is
};

struct Model {
  std::string name;
  std::string description;
  std::vector<Node> nodes;
  std::vector<Initializer> initializers;
  std::vector<ValueInfo> inputs, outputs, inner;
};

// Adds to a model so that names stay unique and equal small constants stand once.
class ModelBuilder {
 public:
  void reserve(const std::string& name) { names_.insert(name); }
  // `wish`, or with "_1", "_2", … behind it where that is taken.
  std::string unique(const std::string& wish);
  // A node with one output called `output`, which is unique already.
  void add_node(const std::string& type, std::vector<std::string> inputs, const std::string& output,
                std::map<std::string, Attribute> attributes = {});
  // The name of the constant.
  std::string add_constant(const std::string& wish, vernier::DType dtype, std::vector<int64_t> shape,
                           std::vector<std::byte> bytes);
  std::string add_int64(const std::string& wish, const std::vector<int64_t>& values);
  std::string add_int64(const std::string& wish, std::vector<int64_t> shape,
                        const std::vector<int64_t>& values);
  std::string add_int64_scalar(const std::string& wish, int64_t value);
  std::string add_float(const std::string& wish, std::vector<int64_t> shape,
                        const std::vector<float>& values);
  std::string add_graph_constant(const std::string& wish, uint64_t value, vernier::DType dtype,
                                 std::vector<int64_t> shape, bool is_transposed = false);

  Model model;

 private:
  std::set<std::string> names_;
  std::map<std::pair<std::string, std::vector<std::byte>>, std::string>
      made_;  // by dtype and shape, and bytes
};

}  // namespace onnx_backend
