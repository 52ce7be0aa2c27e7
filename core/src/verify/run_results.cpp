#include "verify/run_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "abi/sized.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumRank = 32;
constexpr uint64_t kMaximumElements = uint64_t{1} << 40;

void check_shape(const FileTensor& tensor) {
  uint64_t bound = 1;
  for (int64_t extent : tensor.shape) {
    if (extent < 0 || static_cast<uint64_t>(extent) > kMaximumElements / bound) {
      throw plugin_error(fmt::format("the executor gives tensor {} the shape {}", in_quotes(tensor.name),
                                     to_string(tensor.shape)));
    }
    bound *= static_cast<uint64_t>(std::max<int64_t>(extent, 1));
  }
}

QParams read_qparams(const vernier_graph_value& from, const FileTensor& tensor) {
  QParams qparams;
  qparams.dtype = tensor.dtype;
  qparams.axis = from.axis;
  const auto rank = static_cast<int64_t>(tensor.shape.size());
  const bool fits =
      from.axis < 0
          ? from.qparam_count == 1
          : from.axis < rank &&
                from.qparam_count == static_cast<uint64_t>(tensor.shape[static_cast<size_t>(from.axis)]);
  if (!fits || from.zero_point == nullptr || !tensor.dtype.is_integer()) {
    throw plugin_error(fmt::format("the executor gives tensor {} of {} {} qparams on axis {}",
                                   in_quotes(tensor.name), tensor.dtype.name(), from.qparam_count,
                                   from.axis));
  }
  if (from.axis < 0) qparams.axis = -1;
  qparams.scale.assign(from.scale, from.scale + from.qparam_count);
  qparams.zero_point.assign(from.zero_point, from.zero_point + from.qparam_count);
  for (float scale : qparams.scale) {
    if (!std::isfinite(scale) || scale <= 0)
      throw plugin_error(
          fmt::format("the executor gives tensor {} the scale {}", in_quotes(tensor.name), scale));
  }
  return qparams;
}

}  // namespace

FileTensor read_description(const vernier_graph_value& description) {
  const vernier_graph_value from = read_sized(&description);
  FileTensor tensor;
  if (from.name.data == nullptr && from.name.length != 0)
    throw plugin_error("the executor gives a tensor's name without its text");
  if (from.name.data != nullptr) tensor.name.assign(from.name.data, static_cast<size_t>(from.name.length));
  if (from.rank > kMaximumRank || (from.rank != 0 && from.shape == nullptr)) {
    throw plugin_error(
        fmt::format("the executor gives tensor {} the rank {}", in_quotes(tensor.name), from.rank));
  }
  if (from.rank != 0) tensor.shape.assign(from.shape, from.shape + from.rank);
  tensor.dtype = from.dtype;
  if (!DType::parse(tensor.dtype.name()).is_set())
    throw plugin_error(fmt::format("the executor gives tensor {} an unknown dtype", in_quotes(tensor.name)));
  check_shape(tensor);
  if (from.qparam_count != 0 && from.scale != nullptr) tensor.qparams = read_qparams(from, tensor);
  return tensor;
}

void RunResults::put(uint64_t output, const vernier_graph_value& description, const void* data,
                     uint64_t length) {
  FileTensor tensor = read_description(description);
  const uint64_t wanted = tensor.dtype.bytes(static_cast<uint64_t>(element_count(tensor.shape)));
  if (length != wanted || (length != 0 && data == nullptr)) {
    throw plugin_error(fmt::format("the executor gave {} bytes for tensor {}: {} {} needs {}", length,
                                   in_quotes(tensor.name), tensor.dtype.name(), to_string(tensor.shape),
                                   wanted));
  }
  tensor.data = Tensor::allocate(tensor.dtype, tensor.shape);
  if (length != 0) std::memcpy(tensor.data.mutable_as<std::byte>(), data, static_cast<size_t>(length));
  if (output == VERNIER_RESULTS_INTERMEDIATE) {
    ++intermediates_;
    order_.push_back(tensor.name);
  } else {
    if (output >= outputs_.size())
      throw plugin_error(fmt::format("the executor gave output {} of {}", output, outputs_.size()))
          .with(VERNIER_OUT_OF_RANGE);
    if (outputs_[output]) throw plugin_error(fmt::format("the executor gave output {} twice", output));
    outputs_[output] = tensor;
  }
  const std::string name = tensor.name;
  named_.insert_or_assign(name, std::move(tensor));
}

const FileTensor& RunResults::output(size_t index) const {
  if (!outputs_.at(index)) throw plugin_error(fmt::format("the executor gave no output {}", index));
  return *outputs_[index];
}

std::vector<const FileTensor*> RunResults::nodes() const {
  std::vector<const FileTensor*> all;
  for (const std::string& name : order_) all.push_back(&named_.at(name));
  return all;
}

const FileTensor* RunResults::find(const std::string& name) const {
  const auto found = named_.find(name);
  return found == named_.end() ? nullptr : &found->second;
}

}  // namespace vernier::core
