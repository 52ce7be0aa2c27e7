#include "open_extent.h"

#include <algorithm>

namespace circle_executor {

namespace {

constexpr int64_t kMostResized = int64_t{1} << 40;

void set_extent(Tensor& tensor, int64_t extent) {
  int64_t bound = 1;
  for (const size_t axis : tensor.file.open_axes) {
    if (tensor.file.shape[axis] != 1)
      throw vernier::unimplemented("tensor " + tensor.described() + " has an open axis " +
                                   std::to_string(axis) + " whose extent in the file is not 1");
    tensor.file.shape[axis] = extent;
  }
  tensor.elements = 1;
  for (const int64_t one : tensor.file.shape) {
    if (one > kMostResized / bound)
      throw vernier::Error(VERNIER_OUT_OF_RANGE, tensor.file.name + " would have more than 2^40 elements");
    bound *= std::max<int64_t>(one, 1);
    tensor.elements *= one;
  }
  tensor.bytes = tensor.file.dtype.bytes(static_cast<uint64_t>(tensor.elements));
}

}  // namespace

int64_t open_extent(const Model& model, const std::vector<Shape>& inputs) {
  int64_t extent = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const vernier::FileTensor& file = model.tensors[static_cast<size_t>(model.inputs[i])].file;
    for (const size_t axis : file.open_axes) {
      if (extent >= 0 && inputs[i].at(axis) != extent)
        throw vernier::invalid_argument("open axis " + std::to_string(axis) + " of input \"" + file.name +
                                        "\" has " + std::to_string(inputs[i][axis]) +
                                        " elements, and another one has " + std::to_string(extent) +
                                        "; this executor runs files of one open extent");
      extent = inputs[i].at(axis);
    }
  }
  return extent < 0 ? 1 : extent;
}

Model with_open_extent(const Model& model, int64_t extent) {
  Model result = model;
  for (Tensor& tensor : result.tensors) {
    if (!tensor.file.open_axes.empty()) set_extent(tensor, extent);
  }
  return result;
}

}  // namespace circle_executor
