#include "core/circle/mutants.h"

#include <cmath>
#include <limits>
#include <map>

namespace vernier::core::testing {

namespace {

using Op = circle::BuiltinOperator;
using Type = circle::TensorType;

class Maker {
 public:
  Maker(const ModelObject& model, size_t per_kind)
      : model_(model), graph_(*model.subgraphs.at(0)), per_kind_(per_kind) {}

  std::vector<Mutant> run() {
    model_fields();
    for (size_t i = 0; i < graph_.tensors.size(); ++i) tensor_fields(i);
    for (size_t i = 0; i < graph_.operators.size(); ++i) operator_fields(i);
    return std::move(result_);
  }

 private:
  using Change = std::function<void(ModelObject&)>;

  void add(const char* kind, size_t place, const char* rule, Change change, const char* profile = "") {
    if (count_[kind]++ >= per_kind_) return;
    result_.push_back({std::string(kind) + " at " + std::to_string(place), rule, profile, std::move(change)});
  }
  void tensor(const char* kind, size_t i, const char* rule,
              const std::function<void(circle::TensorT&)>& change, const char* profile = "") {
    add(
        kind, i, rule, [=](ModelObject& m) { change(*m.subgraphs[0]->tensors[i]); }, profile);
  }
  void op(const char* kind, size_t i, const char* rule, const std::function<void(circle::OperatorT&)>& change,
          const char* profile = "") {
    add(
        kind, i, rule, [=](ModelObject& m) { change(*m.subgraphs[0]->operators[i]); }, profile);
  }

  [[nodiscard]] Op code_of(const circle::OperatorT& one) const {
    return model_.operator_codes[one.opcode_index]->builtin_code;
  }
  [[nodiscard]] const circle::TensorT& tensor_at(int32_t index) const {
    return *graph_.tensors[static_cast<size_t>(index)];
  }
  [[nodiscard]] bool is_quantized(const circle::TensorT& t) const {
    return t.quantization != nullptr && !t.quantization->scale.empty();
  }
  [[nodiscard]] bool has_data(const circle::TensorT& t) const {
    return t.buffer != 0 && !model_.buffers[t.buffer]->data.empty();
  }

  void model_fields() {
    const int32_t tensors = static_cast<int32_t>(graph_.tensors.size());
    add("model version", 0, "version", [](ModelObject& m) { m.version += 1; });
    add("no subgraphs", 0, "subgraph", [](ModelObject& m) { m.subgraphs.clear(); });
    add("buffer 0 with data", 0, "buffer-0", [](ModelObject& m) { m.buffers[0]->data = {1, 2, 3}; });
    add("no buffers", 0, "buffer-0", [](ModelObject& m) { m.buffers.clear(); });
    add("no operator codes", 0, "operator-codes", [](ModelObject& m) { m.operator_codes.clear(); });
    add("graph input past the end", 0, "index", [=](ModelObject& m) { m.subgraphs[0]->inputs[0] = tensors; });
    add("negative graph output", 0, "index", [](ModelObject& m) { m.subgraphs[0]->outputs[0] = -1; });
    add("no graph inputs", 0, "undefined", [](ModelObject& m) { m.subgraphs[0]->inputs.clear(); });
    add("graph input twice", 0, "duplicate-io",
        [](ModelObject& m) { m.subgraphs[0]->inputs.push_back(m.subgraphs[0]->inputs[0]); });
    add("graph output twice", 0, "duplicate-io",
        [](ModelObject& m) { m.subgraphs[0]->outputs.push_back(m.subgraphs[0]->outputs[0]); });
    add("an unused buffer", 0, "unused-buffer",
        [](ModelObject& m) { m.buffers.push_back(std::make_unique<circle::BufferT>()); });
    add("metadata without a buffer", 0, "metadata", [](ModelObject& m) {
      m.metadata.push_back(std::make_unique<circle::MetadataT>());
      m.metadata.back()->buffer = 100000;
    });
    add("metadata without data", 0, "metadata",
        [](ModelObject& m) { m.metadata.push_back(std::make_unique<circle::MetadataT>()); });
    add("signature of no subgraph", 0, "signature", [](ModelObject& m) {
      m.signature_defs.push_back(std::make_unique<circle::SignatureDefT>());
      m.signature_defs.back()->subgraph_index = 9;
    });
    add("signature of an inner tensor", 0, "signature", [=](ModelObject& m) {
      m.signature_defs.push_back(std::make_unique<circle::SignatureDefT>());
      m.signature_defs.back()->inputs.push_back(std::make_unique<circle::TensorMapT>());
      m.signature_defs.back()->inputs[0]->tensor_index = static_cast<uint32_t>(m.subgraphs[0]->outputs[0]);
    });
    for (size_t i = 0; i < model_.operator_codes.size(); ++i) {
      add("deprecated code", i, "operator-code-pair", [=](ModelObject& m) {
        m.operator_codes[i]->deprecated_builtin_code =
            static_cast<int8_t>(m.operator_codes[i]->deprecated_builtin_code ^ 1);
      });
      add("operator version 0", i, "operator-version",
          [=](ModelObject& m) { m.operator_codes[i]->version = 0; });
    }
    add("an unused code", 0, "unused-operator-code", [](ModelObject& m) {
      m.operator_codes.push_back(std::make_unique<circle::OperatorCodeT>());
      m.operator_codes.back()->builtin_code = Op::ABS;
      m.operator_codes.back()->deprecated_builtin_code = 101;
    });
  }

  void tensor_fields(size_t i) {
    const circle::TensorT& t = *graph_.tensors[i];
    tensor("no name", i, "tensor-name", [](auto& x) { x.name.clear(); });
    if (i > 0)
      tensor("the name of tensor 0", i, "duplicate-name",
             [name = graph_.tensors[0]->name](auto& x) { x.name = name; });
    tensor("buffer past the end", i, "index", [](auto& x) { x.buffer = 100000; });
    tensor("unknown type", i, "tensor-type", [](auto& x) { x.type = static_cast<Type>(77); });
    if (!t.shape.empty()) {
      tensor("negative extent", i, "extent", [](auto& x) { x.shape[0] = -1; });
      tensor("shape signature of another rank", i, "shape-signature",
             [](auto& x) { x.shape_signature.assign(x.shape.size() + 1, 1); });
      tensor("shape signature of another shape", i, "shape-signature",
             [](auto& x) { x.shape_signature = x.shape, ++x.shape_signature[0]; });
    }
    if (has_data(t)) {
      tensor("a constant one row longer", i, "buffer-size", [](auto& x) {
        if (x.shape.empty())
          x.shape = {2};
        else
          ++x.shape[0];
      });
      tensor("a variable with data", i, "variable", [](auto& x) { x.is_variable = true; });
      const uint32_t buffer = t.buffer;
      if (model_.buffers[buffer]->data.size() > 1)
        add("a constant one byte shorter", i, "buffer-size",
            [=](ModelObject& m) { m.buffers[buffer]->data.pop_back(); });
      add("data inside and outside", i, "external-buffer",
          [=](ModelObject& m) { m.buffers[buffer]->offset = 64, m.buffers[buffer]->size = 1; });
      add("data outside the file", i, "external-buffer", [=](ModelObject& m) {
        m.buffers[buffer]->data.clear(), m.buffers[buffer]->offset = 1u << 30, m.buffers[buffer]->size = 16;
      });
      add("a constant as graph input", i, "input-constant",
          [=](ModelObject& m) { m.subgraphs[0]->inputs.push_back(static_cast<int32_t>(i)); });
    }
    if (is_quantized(t)) quantized_fields(i, t);
    if (t.type == Type::FLOAT32 && !is_quantized(t)) {
      tensor("a record on floats", i, "record-type", [](auto& x) {
        x.quantization = std::make_unique<circle::QuantizationParametersT>();
        x.quantization->scale = {1}, x.quantization->zero_point = {0};
      });
    }
  }

  void quantized_fields(size_t i, const circle::TensorT& t) {
    tensor("scale 0", i, "scale", [](auto& x) { x.quantization->scale[0] = 0; });
    tensor("negative scale", i, "scale",
           [](auto& x) { x.quantization->scale[0] = -x.quantization->scale[0]; });
    tensor("NaN scale", i, "scale", [](auto& x) { x.quantization->scale[0] = std::nanf(""); });
    tensor("infinite scale", i, "scale",
           [](auto& x) { x.quantization->scale[0] = std::numeric_limits<float>::infinity(); });
    tensor("denormal scale", i, "scale", [](auto& x) { x.quantization->scale[0] = 1e-40f; });
    tensor("a scale too many", i, "scale-count", [](auto& x) { x.quantization->scale.push_back(1); });
    tensor("a zero point too many", i, "scale-count",
           [](auto& x) { x.quantization->zero_point.push_back(0); });
    tensor("zero point past the codes", i, "zero-point",
           [](auto& x) { x.quantization->zero_point[0] = 70000; });
    tensor("a range of another length", i, "min-max",
           [](auto& x) { x.quantization->min.assign(x.quantization->scale.size() + 1, 0.0f); });
    if (t.quantization->scale.size() > 1)
      tensor("an axis past the rank", i, "axis", [](auto& x) { x.quantization->quantized_dimension = 9; });
    if (t.quantization->scale.size() == 1)
      tensor("an axis for one scale", i, "axis", [](auto& x) { x.quantization->quantized_dimension = 1; });
    if (t.type == Type::INT16 || t.type == Type::INT32)
      tensor("zero point 1 of a symmetric type", i, "zero-point",
             [](auto& x) { x.quantization->zero_point[0] = 1; });
    if (!has_data(t) && !t.shape.empty() && t.shape[0] > 1) {
      tensor("an activation with a scale for each channel", i, "per-channel-activation", [](auto& x) {
        x.quantization->scale.assign(static_cast<size_t>(x.shape[0]), 1.0f);
        x.quantization->zero_point.assign(static_cast<size_t>(x.shape[0]), 0);
      });
    }
  }

  void operator_fields(size_t i) {
    const circle::OperatorT& one = *graph_.operators[i];
    const Op code = code_of(one);
    const auto tensors = static_cast<int32_t>(graph_.tensors.size());
    op("operator code past the end", i, "index", [](auto& x) { x.opcode_index = 1000; });
    op("operand past the end", i, "index", [=](auto& x) { x.inputs[0] = tensors; });
    op("result past the end", i, "index", [=](auto& x) { x.outputs[0] = tensors; });
    op("first operand absent", i, "absent-operand", [](auto& x) { x.inputs[0] = -1; });
    op("an operand too many", i, "operand-count",
       [](auto& x) { x.inputs.insert(x.inputs.end(), 3, x.inputs[0]); });
    op("no result", i, "result-count", [](auto& x) { x.outputs.clear(); });
    op("its own result as operand", i, "order", [](auto& x) { x.inputs[0] = x.outputs[0]; });
    if (i > 0)
      op("the result of operator 0", i, "producer",
         [=, first = graph_.operators[0]->outputs[0]](auto& x) { x.outputs[0] = first; });
    for (int32_t input : one.inputs) {
      if (input >= 0 && has_data(tensor_at(input)))
        op("a constant as result", i, "constant-overwritten", [=](auto& x) { x.outputs[0] = input; });
    }
    op("foreign options", i, "options", [=](auto& x) {
      if (code == Op::CONV_2D) return;
      x.builtin_options.Set(circle::Conv2DOptionsT());
    });
    result_fields(i, one, code);
    if (code == Op::FULLY_CONNECTED) linear_fields(i, one);
    if (code == Op::RMS_NORM)
      op("epsilon 0", i, "option-value", [](auto& x) { x.builtin_options.AsRmsNormOptions()->epsilon = 0; });
    if (code == Op::SOFTMAX)
      op("beta 0", i, "option-value", [](auto& x) { x.builtin_options.AsSoftmaxOptions()->beta = 0; });
    if (code == Op::CONCATENATION)
      op("axis past the rank", i, "shape",
         [](auto& x) { x.builtin_options.AsConcatenationOptions()->axis = 9; });
    if (code == Op::GATHER)
      op("negative axis", i, "shape", [](auto& x) { x.builtin_options.AsGatherOptions()->axis = -1; });
    if (code == Op::MEAN)
      op("keep_dims the other way", i, "shape",
         [](auto& x) { x.builtin_options.AsReducerOptions()->keep_dims ^= true; });
    const auto& first = one.inputs[0] >= 0 ? tensor_at(one.inputs[0]).shape : result_shape_;
    const bool is_square = first.size() < 2 || first[first.size() - 1] == first[first.size() - 2];
    if (code == Op::BATCH_MATMUL && !is_square)
      op("a transposed operand", i, "shape",
         [](auto& x) { x.builtin_options.AsBatchMatMulOptions()->adjoint_lhs ^= true; });
    if (code == Op::ADD && tensor_at(one.outputs[0]).type == Type::INT16)
      op("pot_scale_int16", i, "pot-scale",
         [](auto& x) { x.builtin_options.AsAddOptions()->pot_scale_int16 = true; });
  }

  void result_fields(size_t i, const circle::OperatorT& one, Op code) {
    const auto y = static_cast<size_t>(one.outputs[0]);
    const circle::TensorT& result = *graph_.tensors[y];
    const bool is_judged =
        code != Op::QUANTIZE && code != Op::DEQUANTIZE && code != Op::CAST && code != Op::GATHER;
    if (!result.shape.empty())
      add("a result of another shape", i, "shape",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[y]->shape.back() += 1; });
    if (is_judged)
      add("a result of another type", i, "type", [=](ModelObject& m) {
        m.subgraphs[0]->tensors[y]->type =
            m.subgraphs[0]->tensors[y]->type == Type::INT8 ? Type::UINT8 : Type::INT8;
      });
    const bool keeps = code == Op::RESHAPE || code == Op::TRANSPOSE || code == Op::SLICE ||
                       code == Op::CONCATENATION || code == Op::MINIMUM || code == Op::MAXIMUM ||
                       code == Op::REDUCE_MAX || code == Op::REDUCE_MIN || code == Op::SELECT_V2;
    if (keeps && is_quantized(result))
      add("a view with another scale", i, "same-qparams",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[y]->quantization->scale[0] *= 2; });
    const bool is_fixed = code == Op::LOGISTIC || code == Op::TANH || code == Op::SOFTMAX;
    if (is_fixed && is_quantized(result))
      add("fixed qparams changed", i, "fixed-qparams",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[y]->quantization->scale[0] *= 2; });
    const bool has_index = code == Op::RESHAPE || code == Op::TRANSPOSE || code == Op::MEAN ||
                           code == Op::SLICE || code == Op::SUM || code == Op::REDUCE_MAX ||
                           code == Op::REDUCE_MIN || code == Op::ARG_MAX || code == Op::CUMSUM;
    if (has_index && one.inputs.size() > 1) {
      const auto index = static_cast<size_t>(one.inputs[1]);
      add("an index operand of floats", i, "index-type",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[index]->type = Type::FLOAT32; });
    }
    if (code == Op::TRANSPOSE) {
      const uint32_t buffer = tensor_at(one.inputs[1]).buffer;
      add("an order that is none", i, "shape",
          [=](ModelObject& m) { m.buffers[buffer]->data[0] = m.buffers[buffer]->data[4]; });
    }
    if (is_quantized(result) && code != Op::QUANTIZE)
      add(
          "a result of 32 bits", i, "profile-luci",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[y]->type = Type::INT32; }, "luci");
    if (is_quantized(result))
      add(
          "a result of 8 bits", i, "profile-npu",
          [=](ModelObject& m) { m.subgraphs[0]->tensors[y]->type = Type::INT8; }, "npu");
  }

  void linear_fields(size_t i, const circle::OperatorT& one) {
    op("weights in another format", i, "option-value", [](auto& x) {
      x.builtin_options.AsFullyConnectedOptions()->weights_format =
          circle::FullyConnectedOptionsWeightsFormat::SHUFFLED4x16INT8;
    });
    const auto weight = static_cast<size_t>(one.inputs[1]);
    if (!is_quantized(*graph_.tensors[weight])) return;
    add("weight scales on the other axis", i,
        graph_.tensors[weight]->shape[0] == graph_.tensors[weight]->shape[1] ? "weight-axis" : "scale-count",
        [=](ModelObject& m) { m.subgraphs[0]->tensors[weight]->quantization->quantized_dimension = 1; });
    add("a weight without record", i, "mixed",
        [=](ModelObject& m) { m.subgraphs[0]->tensors[weight]->quantization.reset(); });
    if (one.inputs.size() < 3 || one.inputs[2] < 0) return;
    const auto bias = static_cast<size_t>(one.inputs[2]);
    add("a bias scale twice as large", i, "bias-scale",
        [=](ModelObject& m) { m.subgraphs[0]->tensors[bias]->quantization->scale[0] *= 2; });
    add("a bias of another type", i, "bias-type",
        [=](ModelObject& m) { m.subgraphs[0]->tensors[bias]->type = Type::INT16; });
    const uint32_t buffer = graph_.tensors[bias]->buffer;
    add("a saturated bias", i, "bias-saturated", [=](ModelObject& m) {
      auto& data = m.buffers[buffer]->data;
      const size_t width = m.subgraphs[0]->tensors[bias]->type == Type::INT64 ? 8 : 4;
      for (size_t k = 0; k < width; ++k) data[k] = k + 1 == width ? 0x7f : 0xff;
    });
  }

  const ModelObject& model_;
  const circle::SubGraphT& graph_;
  size_t per_kind_;
  const std::vector<int32_t> result_shape_;  // none
  std::map<std::string, size_t> count_;
  std::vector<Mutant> result_;
};

}  // namespace

std::vector<Mutant> mutants_of(const ModelObject& model, size_t per_kind) {
  return Maker(model, per_kind).run();
}

}  // namespace vernier::core::testing
