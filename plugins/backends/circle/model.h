// A Circle model while it is being put together: tensors and operators in their final order, constants not
// yet read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "circle_generated.h"
#include "dialect.h"
#include "qparams.h"

namespace circle_backend {

namespace circle = vernier::circle;

using TensorIndex = int32_t;
inline constexpr TensorIndex kNoTensor = -1;
inline constexpr int64_t kOpen = -1;

// Where the bytes of a constant come from.
struct Data {
  enum class Source { kNone, kGraph, kMade };
  Source source = Source::kNone;
  size_t graph = 0;              // kGraph: its place in the set
  uint64_t value = 0;            // kGraph: the graph's value
  uint64_t constant_id = 0;      // kGraph: of the value; 0: none
  uint64_t length = 0;           // bytes
  uint8_t flip = 0;              // kGraph: each byte is xor-ed with this
  std::vector<std::byte> bytes;  // kMade
};

struct Tensor {
  std::string name;
  std::vector<int64_t> shape;  // kOpen where the caller of the file chooses the extent
  Element element;
  uint32_t buffer = 0;  // 0: no data
};

// The options table of an operator: which member of the union, and how to write it.
struct Options {
  circle::BuiltinOptions member = circle::BuiltinOptions::NONE;
  std::function<flatbuffers::Offset<void>(flatbuffers::FlatBufferBuilder&)> write;
};

struct Operator {
  uint32_t code = 0;  // index into Model::codes
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
  Options options;
};

struct Subgraph {
  std::string name;
  std::string key;             // of its signature
  std::deque<Tensor> tensors;  // a reference to one holds while others are added
  std::vector<Operator> operators;
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
  std::vector<std::string> input_names;  // in the signature
  std::vector<std::string> output_names;
};

struct Model {
  Dialect dialect = Dialect::kCircle;
  bool has_signatures = false;  // one a subgraph
  std::string description;
  std::vector<circle::BuiltinOperator> codes;
  std::vector<Data> buffers{1};  // the first one means "no data"
  std::vector<Subgraph> subgraphs;
};

// Adds to a model of one subgraph so that names stay unique, each operator code stands once and equal made
// constants share a buffer.
class ModelBuilder {
 public:
  ModelBuilder() { model.subgraphs.emplace_back(); }
  // Keeps a name for the tensor that add_named() will make, away from those that only ask for a similar one.
  void reserve(const std::string& name) { names_.insert(name); }
  // `tensor.name` was reserved. Throws where its type or qparams cannot stand in a Circle file.
  TensorIndex add_named(Tensor tensor, Data data = {});
  // `tensor.name` is a wish: "_1", "_2", … follow where it is taken.
  TensorIndex add(Tensor tensor, Data data = {});
  // A constant of int32: shapes, axes, permutations.
  TensorIndex add_int32(const std::string& name, const std::vector<int32_t>& values);
  TensorIndex add_int32_scalar(const std::string& name, int32_t value);
  void add_operator(circle::BuiltinOperator code, std::vector<TensorIndex> inputs,
                    std::vector<TensorIndex> outputs, Options options = {});

  // Drops tensors that nothing refers to, such as a constant that was coded anew, and their buffers.
  void prune();

  [[nodiscard]] const Tensor& tensor(TensorIndex index) const {
    return graph().tensors[static_cast<size_t>(index)];
  }
  [[nodiscard]] const Data& data(TensorIndex index) const { return model.buffers[tensor(index).buffer]; }

  [[nodiscard]] Subgraph& graph() { return model.subgraphs.front(); }
  [[nodiscard]] const Subgraph& graph() const { return model.subgraphs.front(); }

  Model model;

 private:
  uint32_t add_buffer(Data data);

  std::set<std::string> names_;
  std::map<std::vector<std::byte>, uint32_t> made_;
};

// Throws where Circle has no such type.
circle::TensorType tensor_type(vernier::DType dtype, const std::string& where);

}  // namespace circle_backend
