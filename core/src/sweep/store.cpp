#include "sweep/store.h"

#include <cstring>
#include <utility>

namespace vernier::core {

void Store::write(Stored& stored, const Tensor& x) {
  if (!file_) file_ = std::make_unique<ScratchFile>("the values between two segments");
  const uint64_t bytes = x.bytes();
  const auto room = free_.find(bytes);
  stored.offset = room == free_.end() ? file_end_ : room->second;
  file_->write(stored.offset, {x.data, bytes});
  if (room == free_.end())
    file_end_ += bytes;
  else
    free_.erase(room);
  stored.tensor = {x.dtype, x.shape, nullptr, nullptr, false};
  file_bytes_ += bytes;
}

Store::Id Store::put(const Tensor& x) {
  Stored stored;
  const uint64_t bytes = x.bytes();
  if (x.is_mapped) {
    stored.tensor = x;
  } else if (bytes > most_bytes_ - memory_bytes_) {
    write(stored, x);
  } else {
    stored.tensor = Tensor::allocate(x.dtype, x.shape);
    if (bytes != 0) std::memcpy(stored.tensor.mutable_as<std::byte>(), x.data, bytes);
    memory_bytes_ += bytes;
  }
  values_.emplace(next_, std::move(stored));
  return next_++;
}

Store::Id Store::take(Tensor x) {
  const uint64_t bytes = x.bytes();
  if (x.is_mapped || bytes > most_bytes_ - memory_bytes_) return put(x);
  memory_bytes_ += bytes;
  values_.emplace(next_, Stored{std::move(x), 0});
  return next_++;
}

Tensor Store::get(Id id) const {
  const Stored& stored = values_.at(id);
  if (stored.tensor.data != nullptr) return stored.tensor;
  Tensor result = Tensor::allocate(stored.tensor.dtype, stored.tensor.shape);
  file_->read(stored.offset, {result.mutable_as<std::byte>(), result.bytes()});
  return result;
}

void Store::drop(Id id) {
  const auto found = values_.find(id);
  const Stored& stored = found->second;
  const uint64_t bytes = stored.tensor.bytes();
  if (stored.tensor.data == nullptr) {
    free_.emplace(bytes, stored.offset);
    file_bytes_ -= bytes;
  } else if (!stored.tensor.is_mapped) {
    memory_bytes_ -= bytes;
  }
  values_.erase(found);
}

}  // namespace vernier::core
