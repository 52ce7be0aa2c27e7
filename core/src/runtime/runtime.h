// Runs the module tree in one of the modes, and answers what the wrappers' forwards ask: vernier.context/1
// and vernier.ops/1.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "abi/handle_space.h"
#include "abi/host_services.h"
#include "device/device.h"
#include "module/module_tree.h"
#include "runtime/recorder.h"
#include "vernier/abi/value.h"

namespace vernier::core {

// kPlan: the values of kFloat, recorded as kQuantize would record them with the qparams that the sites have.
enum class Mode { kFloat, kCalibrate, kQuantize, kPlan };

class Runtime {
 public:
  // Called for each activation that reaches a site: in float and while calibrating with what comes in, in
  // quantize mode with what goes on.
  using Observe = std::function<void(int site, const Tensor& x)>;

  Runtime(HostServices& services, ModuleTree& tree, Device& device)
      : services_(services), tree_(tree), device_(device) {}

  // Runs `entry` of the root. `recorder` (may be null) sees each node; `observe` may be empty except in
  // kCalibrate. Throws Error naming the module. [one thread at a time]
  std::vector<Tensor> forward(Mode mode, const std::string& entry, std::span<const Tensor> inputs,
                              Recorder* recorder = nullptr, const Observe& observe = {});

  // float32 or float64: what the forwards to come are computed in. float64 is for comparing an executed file
  // with the exact result: intermediate values and what a recorder keeps are float64 then; results are
  // float32 again.
  void set_precision(DType precision) { precision_ = precision; }
  // float64 values that stand in for parameters in quantize mode and float64: biases as a file has
  // them.
  void set_stand_ins(std::map<std::string, Tensor> by_path) { stand_ins_ = std::move(by_path); }

  // What the interfaces stand on; each throws Error with the status that they promise.
  [[nodiscard]] bool is_own_thread() const { return std::this_thread::get_id() == thread_; }
  uint64_t quantize(uint64_t site, uint64_t value);
  uint64_t weight(uint64_t parameter);
  // At most `capacity` outputs.
  std::vector<uint64_t> run_child(uint64_t module, const std::string& entry, std::span<const uint64_t> inputs,
                                  uint64_t capacity);
  uint64_t call(uint32_t op, std::span<const vernier_argument> arguments);
  const Tensor& shape_source(
      uint64_t value);  // dtype and shape of a value; a weight's float32 form without expanding it

 private:
  // A value of the running forward: a tensor, or a parameter that is expanded only while an op uses it.
  struct Slot {
    Tensor tensor;
    int parameter = -1;
    ValueIndex recorded = kNoValue;
    Lease<HandleKind::kValue> handle{};  // none: the slot is free
  };
  class Forward;
  class Call;

  std::vector<uint64_t> run_module(int module, const std::string& entry, std::span<const uint64_t> inputs);
  Slot& slot(uint64_t handle, const char* what);
  uint64_t add(Slot slot);
  void release(uint32_t slot);
  [[nodiscard]] Tensor materialize(const Slot& slot) const;
  [[nodiscard]] Tensor expand(const Parameter& parameter) const;
  [[nodiscard]] Tensor gather(const Slot& table, const Tensor& indices) const;
  [[nodiscard]] std::string current_path() const { return tree_.modules[module_].path; }

  HostServices& services_;
  ModuleTree& tree_;
  Device& device_;
  std::deque<Slot> values_;  // addresses stay
  std::vector<uint32_t> free_;
  std::vector<uint32_t> alive_;  // values of the forward, in order of creation: a call's scope is its tail
  [[nodiscard]] Tensor widened(const Tensor& x) const;
  Mode mode_ = Mode::kFloat;
  DType precision_ = kFloat32;
  std::map<std::string, Tensor> stand_ins_;
  Recorder* recorder_ = nullptr;
  const Observe* observe_ = nullptr;
  uint64_t context_ = 0;
  std::thread::id thread_;  // of the running forward
  int module_ = 0;          // the one whose forward runs
};

}  // namespace vernier::core
