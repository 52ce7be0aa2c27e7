// The numbers that LibTorch draws on a CPU after torch.manual_seed(seed), in the order in which they are
// asked for. For references that were made there and should be made again without their files.
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace vernier::core {

// One generator, one stream: what comes depends on all that was drawn before. Not for large tensors.
class TorchNumbers {
 public:
  static constexpr size_t kLeastNormals = 16;

  explicit TorchNumbers(uint64_t seed) : words_(static_cast<uint32_t>(seed)) {}

  // As tensor.uniform_(low, high) of float32: the same bits.
  void uniform(std::span<float> out, float low, float high);
  // As torch.randn of float32, of at least kLeastNormals elements; fewer are drawn in another way there.
  // Logarithm, sine and cosine are rounded once here, so that every machine has the same numbers; LibTorch's
  // vector functions differ from these by up to three units in the last place.
  void normal(std::span<float> out);

 private:
  float fraction() { return static_cast<float>(words_() & ((1u << 24) - 1)) * 0x1p-24f; }
  void sixteen_normals(float* out);

  std::mt19937 words_;
};

}  // namespace vernier::core
