// One tensor of a file: type, shape, qparams and, where it is a constant, its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "damaged.h"
#include "model.h"

namespace circle_executor {

// Bytes that reading may copy: tables that share their vectors can ask for far more than the file holds.
class Allowance {
 public:
  explicit Allowance(uint64_t file_size) : left_(kFree + kPerByte * file_size) {}
  void take(uint64_t bytes) {
    if (bytes > left_) damaged("its tables share so much that reading them would fill the memory");
    left_ -= bytes;
  }

 private:
  static constexpr uint64_t kPerByte = 16;
  static constexpr uint64_t kFree = 1 << 20;
  uint64_t left_;
};

// Not through the vector's accessors: FlatBuffers' verifier does not ask that elements of 8 bytes are
// aligned.
template <typename T>
std::vector<T> read_list(const flatbuffers::Vector<T>* source, Allowance& allowance) {
  if (source == nullptr || source->size() == 0) return {};
  allowance.take(uint64_t{source->size()} * sizeof(T));
  std::vector<T> result(source->size());
  std::memcpy(result.data(), source->Data(), result.size() * sizeof(T));
  for (T& element : result) element = flatbuffers::EndianScalar(element);
  return result;
}

// The file's buffers, inside the FlatBuffer or behind it.
class Buffers {
 public:
  Buffers(const circle::Model& model, const std::byte* data, uint64_t size)
      : model_(model), data_(data), size_(size) {}
  struct Bytes {
    const std::byte* data = nullptr;  // null: no data
    uint64_t length = 0;
  };
  // Throws Error (DATA_LOSS) where there is no such buffer or it reaches past the file's end.
  [[nodiscard]] Bytes find(uint32_t index) const;

 private:
  const circle::Model& model_;
  const std::byte* data_;
  uint64_t size_;
};

// `index` is the tensor's, for messages. Throws Error as read_model().
Tensor read_tensor(const circle::Tensor& table, size_t index, const Buffers& buffers, Allowance& allowance);

}  // namespace circle_executor
