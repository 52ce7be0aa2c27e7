// Values that wait for a later segment of a sweep.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "file/scratch_file.h"
#include "tensor/tensor.h"

namespace vernier::core {

// In memory first, in a scratch file what would pass the limit. The file is made when the first value needs
// it; room that a dropped value leaves there goes to the next one of its size.
class Store {
 public:
  using Id = uint64_t;

  explicit Store(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // For values that are put from now on.
  void limit(uint64_t most_bytes) { most_bytes_ = most_bytes; }

  // Copies `x`, so that it keeps no other tensor alive; a tensor that is mapped stays where it is and costs
  // nothing. Throws Error (kData) where the file cannot be written. [one thread at a time, as all]
  Id put(const Tensor& x);
  // The same without a copy where there is room in memory: of a tensor that is no view of a greater one.
  Id take(Tensor x);
  // Reads it back if it is in the file. Throws Error (kData) where that fails.
  [[nodiscard]] Tensor get(Id id) const;
  void drop(Id id);

  // Of what is there now: values, bytes in memory, bytes in the file.
  [[nodiscard]] size_t size() const { return values_.size(); }
  [[nodiscard]] uint64_t memory_bytes() const { return memory_bytes_; }
  [[nodiscard]] uint64_t file_bytes() const { return file_bytes_; }

 private:
  struct Stored {
    Tensor tensor;        // without data where it is in the file
    uint64_t offset = 0;  // in the file
  };

  void write(Stored& stored, const Tensor& x);

  uint64_t most_bytes_;
  uint64_t memory_bytes_ = 0;
  uint64_t file_bytes_ = 0;
  uint64_t file_end_ = 0;
  Id next_ = 0;
  std::map<Id, Stored> values_;
  std::multimap<uint64_t, uint64_t> free_;  // offsets by the bytes that are free there
  std::unique_ptr<ScratchFile> file_;
};

}  // namespace vernier::core
