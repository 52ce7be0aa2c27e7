#include "tensor.h"

namespace circle_executor {

std::string Tensor::described() const {
  std::string text = "\"" + file.name + "\" (" + file.dtype.name() + " [";
  for (size_t i = 0; i < file.shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(file.shape[i]);
  return text + "])";
}

bool same_encoding(const Tensor& a, const Tensor& b) {
  if (a.storage != b.storage || a.file.scale != b.file.scale || a.file.zero_point != b.file.zero_point)
    return false;
  return a.file.scale.size() <= 1 || (a.file.axis == b.file.axis && a.file.shape == b.file.shape);
}

void store_code(const Tensor& tensor, std::byte* data, int64_t i, int64_t code) {
  switch (tensor.storage) {
    case Storage::kInt4:
    case Storage::kUInt4: {
      const int64_t shift = i % 2 * 4;
      const auto kept = static_cast<uint64_t>(data[i / 2]) & ~(uint64_t{15} << shift);
      data[i / 2] = static_cast<std::byte>(kept | (static_cast<uint64_t>(code) & 15) << shift);
      return;
    }
    case Storage::kInt8:
    case Storage::kUInt8:
    case Storage::kBool:
      return store(data, i, static_cast<uint8_t>(code));
    case Storage::kInt16:
      return store(data, i, static_cast<int16_t>(code));
    case Storage::kInt32:
      return store(data, i, static_cast<int32_t>(code));
    case Storage::kInt64:
      return store(data, i, code);
    case Storage::kFloat32:
      return;
  }
}

}  // namespace circle_executor
