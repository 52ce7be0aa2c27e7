// Small Circle files for tests, built straight on FlatBuffers: nothing of the backend that also writes them.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "circle_generated.h"
#include "vernier/dtype.h"

namespace vernier::test {

struct CircleTensor {
  std::string name;
  std::vector<int32_t> shape;
  DType dtype;
  std::vector<float> scale;
  std::vector<int64_t> zero_point;
  int32_t axis = 0;
  std::string bytes;  // of a constant
};

struct CircleOptions {
  circle::BuiltinOptions type = circle::BuiltinOptions::NONE;
  std::function<flatbuffers::Offset<void>(flatbuffers::FlatBufferBuilder&)> make;
};

// The options of `op` with the fields that `fields` names; none where the operator has none.
CircleOptions circle_options(const std::string& op, const nlohmann::json& fields);

class CircleFile {
 public:
  std::vector<CircleTensor> tensors;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;

  int32_t add(CircleTensor tensor);
  void add_operator(circle::BuiltinOperator code, std::vector<int32_t> operator_inputs,
                    std::vector<int32_t> operator_outputs, CircleOptions options = {});
  // The finished file. `external`: constants stand behind the FlatBuffer, named by offset and size.
  [[nodiscard]] std::string bytes(bool external = false) const;

 private:
  struct Operator {
    circle::BuiltinOperator code;
    std::vector<int32_t> inputs;
    std::vector<int32_t> outputs;
    CircleOptions options;
  };
  [[nodiscard]] flatbuffers::FlatBufferBuilder build(const std::vector<uint64_t>& offsets) const;
  std::vector<Operator> operators_;
};

// Numbers as elements of `dtype`, packed. `values`: an array, or one number for all of `count`.
std::string packed(const nlohmann::json& values, DType dtype, size_t count);

// ---- How

inline circle::ActivationFunctionType activation(const nlohmann::json& fields) {
  const std::string name = fields.value("activation", "NONE");
  for (const auto one : circle::EnumValuesActivationFunctionType()) {
    if (name == circle::EnumNameActivationFunctionType(one)) return one;
  }
  throw std::invalid_argument("no activation " + name);
}

inline circle::TensorType type_of(DType dtype) {
  std::string name = dtype.name();
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto one : circle::EnumValuesTensorType()) {
    if (name == circle::EnumNameTensorType(one)) return one;
  }
  throw std::invalid_argument("no type " + name);
}

// Options whose table `create` makes in a builder.
template <typename Create>
CircleOptions options_of(circle::BuiltinOptions type, Create create) {
  return {type, [create](flatbuffers::FlatBufferBuilder& b) { return create(b).Union(); }};
}

inline CircleOptions strided_slice_options(const nlohmann::json& f) {
  return options_of(circle::BuiltinOptions::StridedSliceOptions, [f](flatbuffers::FlatBufferBuilder& b) {
    return circle::CreateStridedSliceOptions(b, f.value("begin_mask", 0), f.value("end_mask", 0),
                                             f.value("ellipsis_mask", 0), f.value("new_axis_mask", 0),
                                             f.value("shrink_axis_mask", 0));
  });
}

// Of the operators that look at images.
inline CircleOptions window_options(const std::string& op, const nlohmann::json& f) {
  using Type = circle::BuiltinOptions;
  using B = flatbuffers::FlatBufferBuilder;
  const auto padding = f.value("padding", "VALID") == "SAME" ? circle::Padding::SAME : circle::Padding::VALID;
  const int width = f.value("stride_w", 1), height = f.value("stride_h", 1);
  if (op == "CONV_2D")
    return options_of(Type::Conv2DOptions, [=](B& b) {
      return circle::CreateConv2DOptions(b, padding, width, height, activation(f), f.value("dilation_w", 1),
                                         f.value("dilation_h", 1));
    });
  if (op == "DEPTHWISE_CONV_2D")
    return options_of(Type::DepthwiseConv2DOptions, [=](B& b) {
      return circle::CreateDepthwiseConv2DOptions(b, padding, width, height, f.value("multiplier", 1),
                                                  activation(f), f.value("dilation_w", 1),
                                                  f.value("dilation_h", 1));
    });
  if (op == "TRANSPOSE_CONV")
    return options_of(Type::TransposeConvOptions, [=](B& b) {
      return circle::CreateTransposeConvOptions(b, padding, width, height, activation(f));
    });
  if (op == "CONV_3D")
    return options_of(Type::Conv3DOptions, [=](B& b) {
      return circle::CreateConv3DOptions(b, padding, f.value("stride_d", 1), width, height, activation(f),
                                         f.value("dilation_d", 1), f.value("dilation_w", 1),
                                         f.value("dilation_h", 1));
    });
  if (op == "AVERAGE_POOL_2D" || op == "MAX_POOL_2D")
    return options_of(Type::Pool2DOptions, [=](B& b) {
      return circle::CreatePool2DOptions(b, padding, width, height, f.value("filter_w", 1),
                                         f.value("filter_h", 1), activation(f));
    });
  if (op == "RESIZE_BILINEAR")
    return options_of(Type::ResizeBilinearOptions, [=](B& b) {
      circle::ResizeBilinearOptionsBuilder made(b);
      made.add_align_corners(f.value("align_corners", false));
      made.add_half_pixel_centers(f.value("half_pixel_centers", false));
      return made.Finish();
    });
  return {};
}

inline CircleOptions circle_options(const std::string& op, const nlohmann::json& f) {
  using Type = circle::BuiltinOptions;
  using B = flatbuffers::FlatBufferBuilder;
  if (op == "FULLY_CONNECTED")
    return options_of(Type::FullyConnectedOptions, [f](B& b) {
      const auto format = circle::FullyConnectedOptionsWeightsFormat::DEFAULT;
      return circle::CreateFullyConnectedOptions(b, activation(f), format, f.value("keep_num_dims", false));
    });
  if (op == "BATCH_MATMUL")
    return options_of(Type::BatchMatMulOptions, [f](B& b) {
      return circle::CreateBatchMatMulOptions(b, f.value("adjoint_lhs", false),
                                              f.value("adjoint_rhs", false));
    });
  if (op == "ADD")
    return options_of(Type::AddOptions,
                      [f](B& b) { return circle::CreateAddOptions(b, activation(f), false); });
  if (op == "SOFTMAX")
    return options_of(Type::SoftmaxOptions,
                      [f](B& b) { return circle::CreateSoftmaxOptions(b, f.value("beta", 0.0f)); });
  if (op == "GATHER")
    return options_of(Type::GatherOptions, [f](B& b) {
      return circle::CreateGatherOptions(b, f.value("axis", 0), f.value("batch_dims", 0));
    });
  if (op == "MEAN" || op == "SUM" || op == "REDUCE_MAX" || op == "REDUCE_MIN")
    return options_of(Type::ReducerOptions,
                      [f](B& b) { return circle::CreateReducerOptions(b, f.value("keep_dims", false)); });
  if (op == "CONCATENATION")
    return options_of(Type::ConcatenationOptions,
                      [f](B& b) { return circle::CreateConcatenationOptions(b, f.value("axis", 0)); });
  if (op == "RMS_NORM")
    return options_of(Type::RmsNormOptions,
                      [f](B& b) { return circle::CreateRmsNormOptions(b, f.value("epsilon", 0.0f)); });
  if (op == "SPLIT")
    return options_of(Type::SplitOptions,
                      [f](B& b) { return circle::CreateSplitOptions(b, f.value("num_splits", 0)); });
  if (op == "SPLIT_V")
    return options_of(Type::SplitVOptions,
                      [f](B& b) { return circle::CreateSplitVOptions(b, f.value("num_splits", 0)); });
  if (op == "GELU")
    return options_of(Type::GeluOptions,
                      [f](B& b) { return circle::CreateGeluOptions(b, f.value("approximate", false)); });
  if (op == "CUMSUM")
    return options_of(Type::CumsumOptions, [f](B& b) {
      return circle::CreateCumsumOptions(b, f.value("exclusive", false), f.value("reverse", false));
    });
  if (op == "ARG_MAX")
    return options_of(Type::ArgMaxOptions, [f](B& b) {
      return circle::CreateArgMaxOptions(b, type_of(DType::parse(f.value("output_type", "int64"))));
    });
  if (op == "STRIDED_SLICE") return strided_slice_options(f);
  if (op == "ONE_HOT")
    return options_of(Type::OneHotOptions,
                      [f](B& b) { return circle::CreateOneHotOptions(b, f.value("axis", 0)); });
  return window_options(op, f);
}

inline int32_t CircleFile::add(CircleTensor tensor) {
  tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(tensors.size() - 1);
}

inline void CircleFile::add_operator(circle::BuiltinOperator code, std::vector<int32_t> operator_inputs,
                                     std::vector<int32_t> operator_outputs, CircleOptions options) {
  operators_.push_back({code, std::move(operator_inputs), std::move(operator_outputs), std::move(options)});
}

// `offsets`: one a tensor, where its bytes stand behind the FlatBuffer; empty: inside.
inline flatbuffers::FlatBufferBuilder CircleFile::build(const std::vector<uint64_t>& offsets) const {
  flatbuffers::FlatBufferBuilder b;
  std::vector<flatbuffers::Offset<circle::Buffer>> buffers = {circle::CreateBuffer(b)};
  std::vector<flatbuffers::Offset<circle::Tensor>> made;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const CircleTensor& t = tensors[i];
    uint32_t buffer = 0;
    if (!t.bytes.empty()) {
      buffer = static_cast<uint32_t>(buffers.size());
      b.ForceVectorAlignment(t.bytes.size(), 1, 16);
      const auto data = offsets.empty()
                            ? b.CreateVector(reinterpret_cast<const uint8_t*>(t.bytes.data()), t.bytes.size())
                            : 0;
      buffers.push_back(offsets.empty() ? circle::CreateBuffer(b, data)
                                        : circle::CreateBuffer(b, 0, offsets[i], t.bytes.size()));
    }
    flatbuffers::Offset<circle::QuantizationParameters> quantization;
    if (!t.scale.empty())
      quantization = circle::CreateQuantizationParametersDirect(b, nullptr, nullptr, &t.scale, &t.zero_point,
                                                                circle::QuantizationDetails::NONE, 0, t.axis);
    made.push_back(
        circle::CreateTensorDirect(b, &t.shape, type_of(t.dtype), buffer, t.name.c_str(), quantization));
  }
  std::vector<flatbuffers::Offset<circle::OperatorCode>> codes;
  std::vector<flatbuffers::Offset<circle::Operator>> operators;
  for (const Operator& op : operators_) {
    codes.push_back(circle::CreateOperatorCode(
        b, static_cast<int8_t>(std::min(static_cast<int32_t>(op.code), 127)), 0, 1, op.code));
    const auto options = op.options.make ? op.options.make(b) : 0;
    operators.push_back(circle::CreateOperatorDirect(b, static_cast<uint32_t>(codes.size() - 1), &op.inputs,
                                                     &op.outputs, op.options.type, options));
  }
  const std::vector<flatbuffers::Offset<circle::SubGraph>> graphs = {
      circle::CreateSubGraphDirect(b, &made, &inputs, &outputs, &operators, "main")};
  circle::FinishModelBuffer(b, circle::CreateModelDirect(b, 0, &codes, &graphs, "test", &buffers));
  return b;
}

inline std::string CircleFile::bytes(bool external) const {
  const auto text = [](const flatbuffers::FlatBufferBuilder& b) {
    return std::string(reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize());
  };
  if (!external) return text(build({}));
  // Once to learn its length, which the offsets' values do not change.
  std::vector<uint64_t> offsets(tensors.size(), 1 << 20);
  uint64_t end = build(offsets).GetSize();
  std::string tail;
  for (size_t i = 0; i < tensors.size(); ++i) {
    tail.resize(tail.size() + (16 - (end + tail.size()) % 16) % 16);
    offsets[i] = end + tail.size();
    tail += tensors[i].bytes;
  }
  return text(build(offsets)) + tail;
}

inline std::string packed(const nlohmann::json& values, DType dtype, size_t count) {
  std::string bytes(static_cast<size_t>(dtype.bytes(count)), '\0');
  for (size_t i = 0; i < count; ++i) {
    const nlohmann::json& value = values.is_array() ? values.at(i) : values;
    if (dtype == kFloat32) {
      const auto real = value.get<float>();
      std::memcpy(bytes.data() + i * sizeof(real), &real, sizeof(real));
      continue;
    }
    const auto code = value.get<int64_t>();
    if (dtype.bits == 4) {
      bytes[i / 2] = static_cast<char>(bytes[i / 2] | (code & 15) << (i % 2 * 4));
    } else {
      std::memcpy(bytes.data() + i * (dtype.bits / 8), &code, dtype.bits / 8);
    }
  }
  return bytes;
}

}  // namespace vernier::test
