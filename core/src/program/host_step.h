// The vocabulary of host steps: what each asks of its buffers, and how it runs. Names of inputs, outputs and
// arguments, defaults and plain bounds stand in schemas/program.schema.json; what is here has passed it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "program/program.h"

namespace vernier::core {

// A step of a document that is checked: types and ranges, no data. Each throws Error (kData) at the step.
class StepCheck {
 public:
  StepCheck(const Program& program, const ProgramStep& step, const CounterRanges& counters)
      : program_(program), step_(step), counters_(counters) {}

  [[nodiscard]] const TensorType& input(std::string_view name) const;
  [[nodiscard]] const TensorType& output(std::string_view name) const;
  // Of an argument that is a count, over all values of its counter in the phase.
  [[nodiscard]] Range range(const std::string& argument) const;
  [[nodiscard]] int64_t whole(const std::string& argument) const;  // of one without a counter
  [[nodiscard]] double number(const std::string& argument) const;
  [[nodiscard]] bool flag(const std::string& argument) const;
  [[nodiscard]] const std::string& word(const std::string& argument) const;
  [[nodiscard]] const Program& program() const { return program_; }
  // Of the request; nothing where requests have no pictures.
  [[nodiscard]] std::optional<Range> pictures() const {
    return counters_[static_cast<size_t>(Counter::kPictures)];
  }

  [[noreturn]] void refuse(const std::string& what) const;
  void require(bool holds, const std::string& what) const {
    if (!holds) refuse(what);
  }
  // That the buffer of an input or output has this dtype, rank, or that shape.
  void want_dtype(std::string_view name, DType dtype) const;
  void want_integers(std::string_view name) const;
  void want_rank(std::string_view name, size_t least, size_t most) const;
  void want_shape(std::string_view name, const Shape& shape) const;
  // That extents but the last `but` ones are 1.
  void want_leading_ones(std::string_view name, size_t but) const;

 private:
  [[nodiscard]] const ProgramBuffer& buffer(std::string_view name) const;

  const Program& program_;
  const ProgramStep& step_;
  const CounterRanges& counters_;
  mutable std::map<std::string, TensorType, std::less<>> types_;
};

// A step that runs.
class StepRun {
 public:
  virtual ~StepRun() = default;
  // As the buffer holds it: codes, where it has a grid.
  [[nodiscard]] virtual const Tensor& content(std::string_view input) const = 0;
  // float64, see real_values().
  [[nodiscard]] virtual Tensor values(std::string_view input) const = 0;
  [[nodiscard]] virtual const Shape& shape(std::string_view output) const = 0;
  // Memory of the output's buffer that nobody else reads, with what it holds.
  [[nodiscard]] virtual Tensor& to_change(std::string_view output) = 0;
  virtual void give_content(std::string_view output, Tensor content) = 0;
  // float32, coded on the way; or integers.
  virtual void give_values(std::string_view output, const Tensor& values) = 0;
  virtual void fill(std::string_view output, double value) = 0;
  // Rows of a table, float32 [rows, columns].
  [[nodiscard]] virtual Tensor look_up(const std::string& table, const Tensor& rows) = 0;
  [[nodiscard]] virtual int64_t pictures() const = 0;

  [[nodiscard]] virtual int64_t count(const std::string& argument) const = 0;
  [[nodiscard]] virtual double number(const std::string& argument) const = 0;
  [[nodiscard]] virtual bool flag(const std::string& argument) const = 0;
  [[nodiscard]] virtual const std::string& word(const std::string& argument) const = 0;
};

struct HostStep {
  std::string_view name;
  bool moves = false;  // copies codes: its float32 inputs and outputs have one grid
  void (*check)(const StepCheck&) = nullptr;
  void (*run)(StepRun&) = nullptr;
};

// Null where the vocabulary has no such step.
[[nodiscard]] const HostStep* find_host_step(std::string_view name);
[[nodiscard]] std::vector<std::string> host_step_names();

// By family; find_host_step() looks through them.
[[nodiscard]] std::span<const HostStep> moving_steps();
[[nodiscard]] std::span<const HostStep> table_steps();  // masks, rotary positions, table_lookup
[[nodiscard]] std::span<const HostStep> picture_steps();
[[nodiscard]] std::span<const HostStep> token_steps();

}  // namespace vernier::core
