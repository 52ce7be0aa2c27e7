// The device that says what the passes mean: plain loops on the calling thread, without LibTorch.
#include "device/device.h"
#include "device/reference/ops.h"
#include "device/reference/passes.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class ReferenceDevice : public Device {
 public:
  ReferenceDevice() {
    for (const OpSignature& op : op_signatures()) {
      reference::OpFunction function = reference::find_elementwise_op(op.name);
      if (function == nullptr) function = reference::find_math_op(op.name);
      if (function == nullptr) function = reference::find_logic_op(op.name);
      if (function == nullptr) function = reference::find_product_op(op.name);
      if (function == nullptr) function = reference::find_reduction_op(op.name);
      if (function == nullptr) function = reference::find_movement_op(op.name);
      if (function == nullptr) function = reference::find_placement_op(op.name);
      if (function == nullptr) function = reference::find_whole_op(op.name);
      if (function == nullptr) function = reference::find_window_op(op.name);
      several_.push_back(reference::find_several_op(op.name));
      if (function == nullptr && several_.back() == nullptr && op.shape_rule != ShapeRule::kTableRows)
        throw internal_error("op " + std::string(op.name) + " has no definition");
      functions_.push_back(function);
    }
  }
  [[nodiscard]] std::string_view name() const override { return "reference"; }

 protected:
  Tensor run_op(uint32_t id, std::span<const OpArgument> arguments, const TensorType& type) override {
    return functions_.at(id)({arguments, type});
  }
  std::vector<Tensor> run_several(uint32_t id, std::span<const OpArgument> arguments,
                                  std::span<const TensorType> types) override {
    return several_.at(id)({arguments, types.front()}, types);
  }
  bool find_range(const Tensor& x, int64_t axis, float* low, float* high) override {
    return reference::range(x, axis, low, high);
  }
  void add_histogram(const Tensor& x, float limit, std::span<uint64_t> counts) override {
    reference::histogram(x, limit, counts);
  }
  Tensor fake_quantize_single(const Tensor& x, const QParams& qparams) override {
    return reference::fake_quantize(x, qparams);
  }
  void widen_to(const Tensor& x, ElementRange which, float* to) override {
    for (int64_t i = 0; i < which.count; ++i) to[i] = reference::value_at(x, which.first + i);
  }
  void encode_to(const Tensor& x, ElementRange which, const QParams& qparams, std::byte* codes) override {
    reference::encode(x, which.first, which.count, qparams, codes);
  }
  Tensor expand_single(const std::byte* codes, int64_t first, const Shape& shape,
                       const QParams& qparams) override {
    return reference::expand(codes, first, shape, qparams);
  }
  Tensor expand_rows_single(const Tensor& codes, const QParams& qparams,
                            std::span<const int64_t> rows) override {
    return reference::expand_rows(codes, qparams, rows);
  }

 private:
  std::vector<reference::OpFunction>
      functions_;  // by op id; null where the op is gather or has several results
  std::vector<reference::SeveralFunction> several_;
};

}  // namespace

std::unique_ptr<Device> make_reference_device(ThreadPool&) { return std::make_unique<ReferenceDevice>(); }

}  // namespace vernier::core
