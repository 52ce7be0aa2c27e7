// Writes one .safetensors file, tensor by tensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/safetensors_header.h"
#include "file/atomic_file.h"
#include "tensor/tensor.h"

namespace vernier::core {

// The header is computed first, so tensors of any size stream through; the file appears when finish() has
// found it complete. Tensors lie in the order given, wider elements first, so that each is aligned; the data
// begins at a multiple of 8 bytes. Equal calls give equal bytes. One thread at a time.
class SafetensorsWriter {
 public:
  struct Item {
    std::string name;
    DType dtype;
    Shape shape;
  };

  // Throws Error (kInternal) for what the format cannot hold (a name twice or not UTF-8, a dtype without
  // word, a size beyond 63 bits, a header beyond its limit) and Error (kData) where the file cannot be made.
  SafetensorsWriter(const std::filesystem::path& file, const std::vector<Item>& items,
                    const std::map<std::string, std::string>& metadata = {});

  // Appends bytes to the tensor items[index]; several calls continue it, in any order of tensors.
  void write(size_t index, std::span<const std::byte> bytes);
  // The whole of items[index], whose dtype and shape it must have.
  void write(size_t index, const Tensor& tensor);
  // Throws Error (kInternal) naming the first tensor whose bytes have not all come.
  void finish();

 private:
  std::vector<SafetensorsEntry> entries_;  // as the items
  std::vector<uint64_t> written_;
  uint64_t data_begin_ = 0;
  AtomicFile file_;
};

}  // namespace vernier::core
