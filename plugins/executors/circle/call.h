// One operator about to run: its operands, its results' memory, its options, and what it may cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model.h"
#include "writer.h"

namespace circle_executor {

using Shape = std::vector<int64_t>;

// A result and the memory for it, zeroed.
struct Result {
  const Tensor* tensor = nullptr;
  std::byte* data = nullptr;
  [[nodiscard]] Value value() const { return {tensor, data}; }
};

// What one run may still cost: multiplications and element steps.
class Operations {
 public:
  explicit Operations(double most) : left_(most), most_(most) {}
  // Throws Error (OUT_OF_RANGE) naming the option.
  void take(double count, const std::string& where);

 private:
  double left_;
  double most_;
};

class Call {
 public:
  Call(const Operator& op, std::vector<Value> inputs, std::vector<Result> results, Operations& operations)
      : op_(op), inputs_(std::move(inputs)), results_(std::move(results)), operations_(operations) {}

  [[nodiscard]] size_t input_count() const { return inputs_.size(); }
  [[nodiscard]] bool has_input(size_t i) const { return i < inputs_.size() && inputs_[i].tensor != nullptr; }
  // Throws Error where it is absent.
  [[nodiscard]] const Value& input(size_t i) const;
  [[nodiscard]] size_t result_count() const { return results_.size(); }
  [[nodiscard]] const Result& result(size_t i = 0) const { return results_[i]; }
  [[nodiscard]] circle::BuiltinOperator code() const { return op_.code; }

  // The operator's own options; throws Error where the file has none or others.
  template <typename Options>
  [[nodiscard]] const Options& options() const {
    const Options* found = op_.table->builtin_options_as<Options>();
    if (found == nullptr) fail("has no options, or those of another operator");
    return *found;
  }
  // Null where there are none: each field then has its default.
  template <typename Options>
  [[nodiscard]] const Options* options_if_any() const {
    return op_.table->builtin_options_as<Options>();
  }

  // The elements of integer operand `i` without qparams, a vector or scalar of a length that axes and shapes
  // have.
  [[nodiscard]] std::vector<int64_t> integers(size_t i) const;
  // `axis` counted from the front; throws Error where there is no such axis.
  [[nodiscard]] size_t axis(int64_t axis, size_t rank) const;
  // Throws Error unless result `i` has this shape.
  void check_shape(const Shape& shape, size_t i = 0) const;
  [[nodiscard]] Clamp clamp(circle::ActivationFunctionType activation) const;
  // Before a loop that is longer than its operands and results.
  void take(double operations) const { operations_.take(operations, op_.where); }

  [[noreturn]] void fail(const std::string& what) const;    // the file contradicts itself
  [[noreturn]] void cannot(const std::string& what) const;  // legal, not run here

 private:
  const Operator& op_;
  std::vector<Value> inputs_;
  std::vector<Result> results_;
  Operations& operations_;
};

}  // namespace circle_executor
