#include "read_tensor.h"

#include <flatbuffers/util.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace circle_executor {

namespace {

constexpr size_t kMaximumRank = 8;
constexpr int64_t kMaximumElements = int64_t{1} << 40;

bool is_utf8(const std::string& text) {
  const char* at = text.c_str();
  const char* const end = at + text.size();
  while (at < end) {
    if (flatbuffers::FromUTF8(&at) < 0) return false;
  }
  return at == end;
}

void read_name(const circle::Tensor& table, Tensor& tensor, size_t index, Allowance& allowance) {
  const std::string fallback = "tensor " + std::to_string(index);
  if (table.name() != nullptr) {
    allowance.take(table.name()->size());
    tensor.file.name = table.name()->str();
  }
  if (!is_utf8(tensor.file.name)) damaged(fallback + " has a name that is no UTF-8");
  if (tensor.file.name.empty()) tensor.file.name = fallback;
}

void read_type(const circle::Tensor& table, Tensor& tensor) {
  struct Row {
    circle::TensorType type;
    Storage storage;
    vernier::DType dtype;
  };
  static constexpr Row kRows[] = {{circle::TensorType::FLOAT32, Storage::kFloat32, vernier::kFloat32},
                                  {circle::TensorType::UINT8, Storage::kUInt8, vernier::kUInt8},
                                  {circle::TensorType::INT8, Storage::kInt8, vernier::kInt8},
                                  {circle::TensorType::INT16, Storage::kInt16, vernier::kInt16},
                                  {circle::TensorType::UINT4, Storage::kUInt4, vernier::kUInt4},
                                  {circle::TensorType::INT4, Storage::kInt4, vernier::kInt4},
                                  {circle::TensorType::INT32, Storage::kInt32, vernier::kInt32},
                                  {circle::TensorType::INT64, Storage::kInt64, vernier::kInt64},
                                  {circle::TensorType::BOOL, Storage::kBool, vernier::kBool}};
  for (const Row& row : kRows) {
    if (row.type != table.type()) continue;
    tensor.storage = row.storage;
    tensor.file.dtype = row.dtype;
    return;
  }
  const char* name = circle::EnumNameTensorType(table.type());
  throw vernier::unimplemented(
      "tensor \"" + tensor.file.name + "\" is of type " +
      (name == nullptr || *name == '\0' ? std::to_string(static_cast<int>(table.type())) : name) +
      "; float32, uint8, int8, int16, uint4, int4, int32, int64 and bool can be run");
}

void read_shape(const circle::Tensor& table, Tensor& tensor, Allowance& allowance) {
  const std::vector<int32_t> shape = read_list(table.shape(), allowance);
  if (shape.size() > kMaximumRank)
    throw vernier::unimplemented("tensor \"" + tensor.file.name + "\" has " + std::to_string(shape.size()) +
                                 " axes; up to 8 can be run");
  tensor.file.shape.assign(shape.begin(), shape.end());
  int64_t bound = 1;  // of each product of extents, also where one of them is 0
  for (const int64_t extent : tensor.file.shape) {
    if (extent < 0) damaged("tensor \"" + tensor.file.name + "\" has the extent " + std::to_string(extent));
    if (extent > kMaximumElements / bound)
      damaged("tensor \"" + tensor.file.name + "\" has more than 2^40 elements");
    bound *= std::max<int64_t>(extent, 1);
    tensor.elements *= extent;
  }
  tensor.bytes = tensor.file.dtype.bytes(static_cast<uint64_t>(tensor.elements));
  const std::vector<int32_t> signature = read_list(table.shape_signature(), allowance);
  for (size_t axis = 0; axis < signature.size(); ++axis) {
    if (signature[axis] != -1) continue;
    if (signature.size() != shape.size())
      damaged("tensor \"" + tensor.file.name + "\" has a shape signature of another rank");
    tensor.file.open_axes.push_back(axis);
  }
}

void check_codes(const Tensor& tensor) {
  const vernier::FileTensor& file = tensor.file;
  if (tensor.is_float() || tensor.is_bool())
    damaged("tensor " + tensor.described() + " has scales although it is " + file.dtype.name());
  const bool is_small = file.dtype.bits <= 16;
  for (size_t i = 0; i < file.scale.size(); ++i) {
    if (!std::isfinite(file.scale[i]) || file.scale[i] <= 0)
      damaged("tensor " + tensor.described() + " has the scale " + std::to_string(file.scale[i]) +
              "; scales are finite and above 0");
    const int64_t zero_point = file.zero_point[i];
    if (is_small ? zero_point < file.dtype.qmin() || zero_point > file.dtype.qmax() : zero_point != 0) {
      damaged("tensor " + tensor.described() + " has the zero point " + std::to_string(zero_point) +
              ", which is no code of it");
    }
  }
}

void read_qparams(const circle::Tensor& table, Tensor& tensor, Allowance& allowance) {
  const circle::QuantizationParameters* record = table.quantization();
  if (record == nullptr) return;
  if (record->details_type() != circle::QuantizationDetails::NONE)
    throw vernier::unimplemented(
        "tensor " + tensor.described() +
        " is quantized in blocks or a custom way; scales per tensor or per channel can be run");
  const auto zero_points = read_list(record->zero_point(), allowance);
  vernier::FileTensor& file = tensor.file;
  file.scale = read_list(record->scale(), allowance);
  if (zero_points.size() != file.scale.size()) {
    damaged("tensor " + tensor.described() + " has " + std::to_string(file.scale.size()) + " scales and " +
            std::to_string(zero_points.size()) + " zero points");
  }
  for (const int64_t zero_point : zero_points) {
    if (zero_point < std::numeric_limits<int32_t>::min() || zero_point > std::numeric_limits<int32_t>::max())
      damaged("tensor " + tensor.described() + " has the zero point " + std::to_string(zero_point));
    file.zero_point.push_back(static_cast<int32_t>(zero_point));
  }
  check_codes(tensor);
  if (file.scale.size() <= 1) return;
  file.axis = record->quantized_dimension();
  if (file.axis < 0 || file.axis >= static_cast<int64_t>(tensor.rank()) ||
      file.shape[static_cast<size_t>(file.axis)] != static_cast<int64_t>(file.scale.size())) {
    damaged("tensor " + tensor.described() + " has " + std::to_string(file.scale.size()) +
            " scales, which do not fit its axis " + std::to_string(file.axis));
  }
  for (size_t axis = static_cast<size_t>(file.axis) + 1; axis < tensor.rank(); ++axis)
    tensor.channel_stride *= std::max<int64_t>(file.shape[axis], 1);
}

void read_constant(const circle::Tensor& table, Tensor& tensor, const Buffers& buffers) {
  const Buffers::Bytes bytes = buffers.find(table.buffer());
  if (bytes.length == 0) return;  // made while running, or without elements
  if (bytes.length != tensor.bytes)
    damaged("tensor " + tensor.described() + " needs " + std::to_string(tensor.bytes) +
            " bytes, and its buffer has " + std::to_string(bytes.length));
  tensor.constant = bytes.data;
}

}  // namespace

Buffers::Bytes Buffers::find(uint32_t index) const {
  if (index == 0) return {};
  const auto* list = model_.buffers();
  if (list == nullptr || index >= list->size())
    damaged("buffer " + std::to_string(index) + " does not exist");
  const circle::Buffer& buffer = *list->Get(index);
  if (buffer.data() != nullptr)
    return {reinterpret_cast<const std::byte*>(buffer.data()->Data()), buffer.data()->size()};
  if (buffer.offset() <= 1) return {};
  if (buffer.offset() > size_ || buffer.size() > size_ - buffer.offset())
    damaged("buffer " + std::to_string(index) + " reaches past the file's end");
  return {data_ + buffer.offset(), buffer.size()};
}

Tensor read_tensor(const circle::Tensor& table, size_t index, const Buffers& buffers, Allowance& allowance) {
  allowance.take(sizeof(Tensor));
  Tensor tensor;
  read_name(table, tensor, index, allowance);
  read_type(table, tensor);
  if (table.sparsity() != nullptr || table.is_variable() ||
      table.compression_type() != circle::CompressionType::NONE) {
    throw vernier::unimplemented(
        "tensor \"" + tensor.file.name +
        "\" is sparse, compressed or a variable; dense constants and values can be run");
  }
  read_shape(table, tensor, allowance);
  read_qparams(table, tensor, allowance);
  read_constant(table, tensor, buffers);
  return tensor;
}

}  // namespace circle_executor
