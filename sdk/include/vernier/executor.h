// Writing an executor: derive from Executor, read a file, run it on the host's tensors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vernier/abi/executor.h"
#include "vernier/dtype.h"
#include "vernier/options.h"
#include "vernier/plugin.h"
#include "vernier/tensor.h"

namespace vernier {

// A tensor of the file: what its bytes mean.
struct FileTensor {
  std::string name;
  std::vector<int64_t> shape;
  DType dtype;               // of the codes where quantized
  std::vector<float> scale;  // empty where not quantized
  std::vector<int32_t> zero_point;
  int64_t axis = -1;  // of the scales; -1 per tensor
  // Of an input: axes whose extent the caller chooses; `shape` then has any extent there, and run() gets
  // tensors with others. For executors whose manifest has "open_extents".
  std::vector<size_t> open_axes = {};

  // Whether a tensor of this shape can be given for it.
  [[nodiscard]] bool takes(const std::vector<int64_t>& given) const {
    if (given.size() != shape.size()) return false;
    for (size_t i = 0; i < shape.size(); ++i) {
      const bool is_open = std::find(open_axes.begin(), open_axes.end(), i) != open_axes.end();
      if (!is_open && given[i] != shape[i]) return false;
    }
    return true;
  }
  // Points into this object.
  void to_abi(vernier_graph_value& result) const {
    vernier_graph_value v{};
    v.size = result.size;
    v.name = vernier::to_abi(name);
    v.shape = shape.data();
    v.rank = shape.size();
    v.dtype = dtype;
    v.kind = VERNIER_GRAPH_INTERMEDIATE;
    v.scale = scale.empty() ? nullptr : scale.data();
    v.zero_point = scale.empty() ? nullptr : zero_point.data();
    v.qparam_count = scale.size();
    v.axis = axis;
    std::memcpy(&result, &v,
                static_cast<size_t>(
                    std::min<uint64_t>(result.size, sizeof(v))));  // no further than the caller's struct
  }
};

// Takes the tensors of one run; each is copied.
class Results {
 public:
  explicit Results(vernier_results handle) : handle_(handle) {}
  // `length` bytes: dense, packed.
  void put_output(uint64_t index, const FileTensor& tensor, const void* data, uint64_t length) {
    put(index, tensor, data, length);
  }
  void put_intermediate(const FileTensor& tensor, const void* data, uint64_t length) {
    put(VERNIER_RESULTS_INTERMEDIATE, tensor, data, length);
  }

 private:
  void put(uint64_t output, const FileTensor& tensor, const void* data, uint64_t length) {
    static const auto& table = interface<vernier_results_interface>(VERNIER_RESULTS);
    vernier_graph_value description{};
    description.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_bytes);
    tensor.to_abi(description);
    check(table.put(host_context(), handle_, output, &description, data, length));
  }
  vernier_results handle_;
};

// `T(const Options&, const std::string& path)` reads the file; throw Error where it is damaged or cannot be
// run.
class Executor {
 public:
  virtual ~Executor() = default;
  // In the file's own order; valid as long as this object.
  [[nodiscard]] virtual const std::vector<FileTensor>& inputs() const = 0;
  [[nodiscard]] virtual const std::vector<FileTensor>& outputs() const = 0;
  // `inputs` have the number, dtypes and shapes of inputs(), their open axes any extents. `intermediates`:
  // also put what is computed on the way, where possible.
  virtual void run(const std::vector<TensorView>& inputs, bool intermediates, Results& results) = 0;
};

namespace detail {

template <typename T>
struct ExecutorThunks {
  static vernier_status open(const vernier_host*, vernier_string options, vernier_string path,
                             void** instance) noexcept {
    return guarded(
        [&] { *instance = new T(Options(std::string(to_view(options))), std::string(to_view(path))); });
  }
  static void close(void* instance) noexcept { delete static_cast<T*>(instance); }
  static vernier_status counts(void* instance, uint64_t* inputs, uint64_t* outputs) noexcept {
    return guarded([&] {
      const T& executor = *static_cast<T*>(instance);
      const uint64_t many[] = {executor.inputs().size(), executor.outputs().size()};
      *inputs = many[0];
      *outputs = many[1];
    });
  }
  static vernier_status describe(void* instance, uint32_t direction, uint64_t index,
                                 vernier_graph_value* result) noexcept {
    return guarded([&] {
      const T& executor = *static_cast<T*>(instance);
      const std::vector<FileTensor>& list =
          direction == VERNIER_EXECUTOR_INPUTS ? executor.inputs() : executor.outputs();
      if (index >= list.size())
        throw Error(VERNIER_OUT_OF_RANGE, "the file has " + std::to_string(list.size()) + " of them, not " +
                                              std::to_string(index + 1));
      list[static_cast<size_t>(index)].to_abi(*result);
    });
  }
  static vernier_status run(void* instance, const vernier_tensor* inputs, uint64_t input_count,
                            uint32_t flags, vernier_results results) noexcept {
    return guarded([&] {
      T& executor = *static_cast<T*>(instance);
      const std::vector<FileTensor>& wanted = executor.inputs();
      if (input_count != wanted.size())
        throw invalid_argument("the file has " + std::to_string(wanted.size()) + " inputs, not " +
                               std::to_string(input_count));
      std::vector<TensorView> views;
      for (uint64_t i = 0; i < input_count; ++i) {
        views.emplace_back(inputs[i]);
        const FileTensor& one = wanted[static_cast<size_t>(i)];
        if (views.back().dtype() != one.dtype || !one.takes(views.back().shape()))
          throw invalid_argument("input \"" + one.name + "\" has another dtype or shape than the file says");
      }
      Results out(results);
      executor.run(views, (flags & VERNIER_EXECUTOR_INTERMEDIATES) != 0, out);
    });
  }
  static constexpr vernier_executor table = {
      VERNIER_SIZE_UP_TO(vernier_executor, run), &open, &close, &counts, &describe, &run};
};

}  // namespace detail

template <typename T>
constexpr Component executor(std::string_view name) {
  static_assert(std::is_base_of_v<Executor, T>, "an executor derives from vernier::Executor");
  return {VERNIER_EXECUTOR, name, &detail::ExecutorThunks<T>::table};
}

}  // namespace vernier
