// What runs the units of a program: graphs of a module tree, or executed files.
#pragma once

#include <span>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// [one thread at a time]
class UnitRunner {
 public:
  UnitRunner() = default;
  virtual ~UnitRunner() = default;
  UnitRunner(const UnitRunner&) = delete;
  UnitRunner& operator=(const UnitRunner&) = delete;

  // `unit` is its place in Program::units. Inputs are in the unit's order, each of the type of its buffer,
  // codes where grid() has some; so are the results, whose types the caller checks. It keeps none of the
  // inputs. Throws Error.
  [[nodiscard]] virtual std::vector<Tensor> run(size_t unit, std::span<const Tensor> inputs) = 0;
  // What a buffer's codes mean; null: it holds float32 values, or integers.
  [[nodiscard]] virtual const QParams* grid(size_t buffer) const = 0;
  // Rows of Program::tables[table], float32 [rows, columns]. `rows` are int32 or int64. Throws Error (kData)
  // for a row that is not there.
  [[nodiscard]] virtual Tensor look_up(size_t table, const Tensor& rows) = 0;
};

}  // namespace vernier::core
