// The device that users run: ops on LibTorch, everything else on the host's Highway kernels.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>

#include "device/device.h"
#include "device/torch/op_functions.h"
#include "device/torch/tensor_bridge.h"
#include "device/torch/torch_memory.h"
#include "device/torch_library.h"
#include "kernels/codes.h"
#include "kernels/convert.h"
#include "kernels/fake_quant.h"
#include "kernels/histogram.h"
#include "kernels/min_max.h"
#include "kernels/thread_pool.h"
#include "tensor/memory_blocks.h"
#include "vernier/core/error.h"

namespace vernier::core {

at::Tensor OpArguments::tensor(size_t index) const { return to_torch(std::get<Tensor>(arguments_[index])); }

std::vector<at::Tensor> OpArguments::tensors(size_t index) const {
  std::vector<at::Tensor> result;
  for (const Tensor& one : std::get<std::vector<Tensor>>(arguments_[index])) result.push_back(to_torch(one));
  return result;
}

namespace {

constexpr int64_t kGrain = 1 << 16;  // elements

template <typename Body>
auto guarded(uint32_t id, Body body) {
  const c10::InferenceMode guard;
  try {
    return body();
  } catch (const c10::Error& error) {
    // The rules let the call through, so this is memory, or a gap in the rules.
    const std::string text = error.what_without_backtrace();
    throw internal_error(std::string(op_signatures()[id].name) +
                         ": LibTorch refuses a call that the op's rules "
                         "allow: " +
                         text.substr(0, text.find('\n')));
  }
}

// Two sets of threads would take the processors from each other, so the pool's loops run on OpenMP's threads.
// In a call from `work` itself: on the caller alone.
void share([[maybe_unused]] int threads, const std::function<void()>& work) {
#pragma omp parallel num_threads(threads)
  work();
}

class TorchDevice : public Device {
 public:
  explicit TorchDevice(ThreadPool& pool) : pool_(pool) {
    at::set_num_threads(pool.threads());
    pool.use_team(&share);
    for (const OpSignature& op : op_signatures()) {
      OpFunction function = find_arithmetic_op(op.name);
      if (function == nullptr) function = find_activation_op(op.name);
      if (function == nullptr) function = find_math_op(op.name);
      if (function == nullptr) function = find_logic_op(op.name);
      if (function == nullptr) function = find_shape_op(op.name);
      if (function == nullptr) function = find_placement_op(op.name);
      if (function == nullptr) function = find_whole_op(op.name);
      if (function == nullptr) function = find_window_op(op.name);
      several_.push_back(find_several_op(op.name));
      if (function == nullptr && several_.back() == nullptr && op.shape_rule != ShapeRule::kTableRows)
        throw internal_error("op " + std::string(op.name) + " has no implementation");
      functions_.push_back(function);
    }
  }

  [[nodiscard]] std::string_view name() const override { return "torch"; }

 protected:
  Tensor run_op(uint32_t id, std::span<const OpArgument> arguments, const TensorType&) override {
    return guarded(id, [&] { return from_torch(functions_[id](OpArguments(arguments))); });
  }

  std::vector<Tensor> run_several(uint32_t id, std::span<const OpArgument> arguments,
                                  std::span<const TensorType>) override {
    return guarded(id, [&] {
      std::vector<Tensor> results;
      for (const at::Tensor& one : several_[id](OpArguments(arguments))) results.push_back(from_torch(one));
      return results;
    });
  }

  bool find_range(const Tensor& x, int64_t axis, float* low, float* high) override {
    return min_max(x.as<float>(), ChannelView::of(x.shape, axis), low, high, pool_);
  }

  void add_histogram(const Tensor& x, float limit, std::span<uint64_t> counts) override {
    add_to_histogram(x.as<float>(), x.elements(), limit, counts.data(), static_cast<int64_t>(counts.size()),
                     pool_);
  }

  Tensor fake_quantize_single(const Tensor& x, const QParams& qparams) override {
    Tensor y = Tensor::allocate(kFloat32, x.shape);
    fake_quant(x.as<float>(), ChannelView::of(x.shape, qparams), qparams, y.mutable_as<float>(), pool_);
    return y;
  }

  void widen_to(const Tensor& x, ElementRange which, float* to) override {
    const FloatBlocks blocks(x.data, x.dtype);
    pool_.parallel_for(0, which.count, kGrain, [&](int64_t begin, int64_t end) {
      const float* values = blocks.read(which.first + begin, end - begin, to + begin);
      if (blocks.is_direct()) std::copy_n(values, end - begin, to + begin);
    });
  }

  void encode_to(const Tensor& x, ElementRange which, const QParams& qparams, std::byte* codes) override {
    to_codes(FloatBlocks(x.data, x.dtype), which.first, which.count, ChannelView::of(x.shape, qparams),
             qparams, codes, pool_);
  }

  Tensor expand_single(const std::byte* codes, int64_t first, const Shape& shape,
                       const QParams& qparams) override {
    Tensor y = Tensor::allocate(kFloat32, shape);
    from_codes(codes, first, ChannelView::of(shape, qparams), qparams, y.mutable_as<float>(), pool_);
    return y;
  }

  Tensor expand_rows_single(const Tensor& codes, const QParams& qparams,
                            std::span<const int64_t> rows) override {
    const int64_t columns = codes.shape[1];
    Tensor y = Tensor::allocate(kFloat32, {static_cast<int64_t>(rows.size()), columns});
    from_codes_rows(codes.data, ChannelView::of(codes.shape, qparams), qparams, columns, rows,
                    y.mutable_as<float>(), pool_);
    return y;
  }

 private:
  ThreadPool& pool_;
  std::vector<OpFunction> functions_;  // by op id; null where the op is gather or has several results
  std::vector<SeveralFunction> several_;
};

}  // namespace

}  // namespace vernier::core

extern "C" __attribute__((visibility("default"))) vernier::core::Device* vernier_make_torch_device(
    vernier::core::ThreadPool& pool, vernier::core::MemoryBlocks& memory) {
  vernier::core::MemoryBlocks::share(memory);
  vernier::core::use_memory_blocks();
  return std::make_unique<vernier::core::TorchDevice>(pool).release();
}
