// Codes and scales as a safetensors file in the layout of compressed-tensors, so that other toolchains read
// the result.
//
// A linear's weight of 8 bits is "<module>.weight" (int8), "<module>.weight_scale" ([out, 1] or [1]) and,
// asymmetric, "<module>.weight_zero_point" (int8); of 4 bits, and of 8 bits under float inputs (weight-only),
// "<module>.weight_packed" (int32, eight or four to a word, low bits first, code + 8 or + 128),
// "<module>.weight_shape" and the same scale. Other weights of linears are refused. Static 8-bit inputs are
// "<module>.input_scale" and "<module>.input_zero_point" (int8). Everything else is float32. The companion
// "<file>.config.json" holds the "quantization_config" of such a checkpoint.
// Source: https://github.com/vllm-project/compressed-tensors (formats int-quantized and pack-quantized).
#pragma once

#include <vernier/backend.h>

namespace encodings_backend {

class CompressedTensors : public vernier::Backend {
 public:
  explicit CompressedTensors(const vernier::Options&) {}
  void write(const vernier::Graph& graph, vernier::Sink& sink) override;
};

}  // namespace encodings_backend
