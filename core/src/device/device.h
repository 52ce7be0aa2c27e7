// Every pass over a tensor's elements that the host makes, behind one interface: the ops of a forward, what
// observers measure, and quantization itself. device/torch is what users run; device/reference says in plain
// loops what each pass means. A test compares the one with the other.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/op_rules.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Rows [begin, end) of a tensor along axis 0. A scalar is one row. So a table that does not fit into memory
// in float can be worked on piece by piece.
struct Rows {
  int64_t begin = 0;
  int64_t end = 0;
};
[[nodiscard]] Rows all_rows(const Tensor& x);

// Elements [first, first + count) of a tensor in row-major order: a piece of any size, where a row is no
// measure.
struct ElementRange {
  int64_t first = 0;
  int64_t count = 0;
};

// The public functions check their arguments, so every device refuses the same calls in the same words;
// the protected ones compute. Throws Error: kPlugin for what a plugin can cause (shapes, dtypes, an
// argument's value), kData for an index outside its table, kInternal for a caller's mistake. Results are
// dense. [run: one thread at a time; the passes: any thread]
class Device {
 public:
  Device() = default;
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // "torch", "reference"
  [[nodiscard]] virtual std::string_view name() const = 0;

  // Runs op `id` of op_signatures(). The arguments' kinds have passed the signature; shapes and dtypes are
  // checked by op_results().
  [[nodiscard]] std::vector<Tensor> run_all(uint32_t id, std::span<const OpArgument> arguments);
  // The first result of it, which most ops have alone.
  [[nodiscard]] Tensor run(uint32_t id, std::span<const OpArgument> arguments);

  // The same for a call whose results op_results() has answered before, as `types`: nothing is checked again
  // but what the arguments' elements say: indices and divisors.
  [[nodiscard]] std::vector<Tensor> run_typed(uint32_t id, std::span<const OpArgument> arguments,
                                              std::span<const TensorType> types);

  // Least and greatest elements of a float32 tensor: one pair with `axis` -1, else one for each index of that
  // axis. False where an element is NaN or infinite: a NaN makes both bounds NaN, an infinity is a bound.
  // Zeros come out as +0; without elements a range is [+inf, -inf].
  [[nodiscard]] bool range(const Tensor& x, int64_t axis, std::span<float> low, std::span<float> high);

  // Adds to counts[b] the number of elements of a finite float32 tensor in bin b. Bin b begins at
  // (b - bins / 2) * width, width being 2 * limit / bins; the first and the last take what lies outside too.
  // An element is counted at float32(x / width + bins / 2). `limit` is a power of two, and so is the number
  // of bins, from 2 to 65536.
  void histogram(const Tensor& x, float limit, std::span<uint64_t> counts);
  // The same for each index of `axis`, one limit each; counts[c * bins + b].
  void channel_histograms(const Tensor& x, int64_t axis, std::span<const float> limits,
                          std::span<uint64_t> counts);

  // What `x` becomes after a round trip through its codes: (code - zero_point) * scale. float32: code =
  // clamp(round_half_even(x * (1 / scale)) + zero_point), the bits of LibTorch's fake_quantize operators;
  // float64: exactly, with x / scale. The dtype is kept.
  [[nodiscard]] Tensor fake_quantize(const Tensor& x, const QParams& qparams);

  // Rows of a float constant as `to`, float32 or float64. All rows of a constant that is `to` already are
  // handed through without a copy.
  [[nodiscard]] Tensor widen(const Tensor& constant, Rows rows, DType to);

  // Codes of rows of a float constant: the code that fake_quantize has in float32, packed as qparams.dtype
  // says, from the first bit of the result. `qparams` are those of the whole constant. Rows of a 4-bit or
  // 2-bit dtype may be put one behind the other only where they end at a whole byte.
  [[nodiscard]] Tensor encode(const Tensor& constant, Rows rows, const QParams& qparams);

  // The float32 values of some elements of a float constant, into room for `which.count` of them.
  void widen_elements(const Tensor& constant, ElementRange which, float* to);

  // The codes of some elements, as encode() packs them, into qparams.dtype.bytes(which.count) bytes. Where
  // the elements before `which` fill whole bytes, these are the bytes that stand there among the codes of
  // all: so a constant's codes are made piece by piece, in pieces of any size, and are the same.
  void encode_elements(const Tensor& constant, ElementRange which, const QParams& qparams, std::byte* codes);

  // What the codes of a float constant mean: expand() of encode(), as `to`, without all codes in memory.
  [[nodiscard]] Tensor through_codes(const Tensor& constant, const QParams& qparams, DType to = kFloat32);

  // Rows of codes as `to`: (code - zero_point) * scale, in float32 or exactly in float64.
  [[nodiscard]] Tensor expand(const Tensor& codes, Rows rows, const QParams& qparams, DType to = kFloat32);

  // Rows of a [rows, columns] table by int32 or int64 indices, as `to`, float32 or float64: shape of
  // `indices` + [columns]. A table of floats with `qparams` gives what the codes of those rows mean, which
  // are all that is coded; one of codes needs `qparams`. `table_name` is for messages.
  [[nodiscard]] Tensor gather(const Tensor& table, const QParams* qparams, const Tensor& indices, DType to,
                              const std::string& table_name);

 protected:
  // `type` is what op_results() answered. Not for ops with an argument that is read by rows: those are
  // gather; nor for those of several results.
  virtual Tensor run_op(uint32_t id, std::span<const OpArgument> arguments, const TensorType& type) = 0;
  virtual std::vector<Tensor> run_several(uint32_t id, std::span<const OpArgument> arguments,
                                          std::span<const TensorType> types) = 0;
  virtual bool find_range(const Tensor& x, int64_t axis, float* low, float* high) = 0;
  virtual void add_histogram(const Tensor& x, float limit, std::span<uint64_t> counts) = 0;
  // float32 in, float32 out.
  virtual Tensor fake_quantize_single(const Tensor& x, const QParams& qparams) = 0;
  // Of a tensor of any float dtype, at least one element.
  virtual void widen_to(const Tensor& x, ElementRange which, float* to) = 0;
  // Of a tensor of any float dtype, at least one element; `qparams` are those of `x` itself.
  virtual void encode_to(const Tensor& x, ElementRange which, const QParams& qparams, std::byte* codes) = 0;
  // Element i of the result is code `first` + i; `qparams` are those of a tensor of `shape`.
  virtual Tensor expand_single(const std::byte* codes, int64_t first, const Shape& shape,
                               const QParams& qparams) = 0;
  // Rows by number, each inside the table: codes as float32 of shape [rows.size(), columns].
  virtual Tensor expand_rows_single(const Tensor& codes, const QParams& qparams,
                                    std::span<const int64_t> rows) = 0;
};

}  // namespace vernier::core
