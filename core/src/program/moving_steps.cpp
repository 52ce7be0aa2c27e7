// The steps of steps/moving.h, and those that give a buffer what it holds.
#include <fmt/format.h>

#include <algorithm>

#include "program/host_step.h"
#include "program/steps/moving.h"
#include "quantization/exact.h"

namespace vernier::core {

namespace {

size_t checked_axis(const StepCheck& c, std::string_view name) {
  const int64_t axis = c.whole("axis");
  const size_t rank = c.input(name).shape.size();
  c.require(axis < static_cast<int64_t>(rank),
            fmt::format("{} has {} axes, and none is {}", name, rank, axis));
  return static_cast<size_t>(axis);
}

// `shape` with another extent at `axis`.
Shape with_extent(Shape shape, size_t axis, int64_t extent) {
  shape[axis] = extent;
  return shape;
}

void check_row(const StepCheck& c) {
  const size_t axis = checked_axis(c, "x");
  c.want_dtype("row", c.input("x").dtype);
  const Shape& x = c.input("x").shape;
  const Range index = c.range("index");
  c.require(index.high < x[axis],
            fmt::format("index may be {}; axis {} of x has {}", index.high, axis, x[axis]));
  Shape dropped = x;
  dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(axis));
  if (c.output("row").shape != dropped) c.want_shape("row", with_extent(x, axis, 1));
}

void run_row(StepRun& r) {
  r.give_content("row", steps::row(r.content("x"), static_cast<size_t>(r.count("axis")), r.count("index"),
                                   r.shape("row")));
}

void check_write_rows(const StepCheck& c) {
  const size_t axis = checked_axis(c, "rows");
  c.want_dtype("into", c.input("rows").dtype);
  const Shape &rows = c.input("rows").shape, &into = c.output("into").shape;
  c.want_rank("into", rows.size(), rows.size());
  c.want_shape("into", with_extent(rows, axis, into[axis]));
  const Range first = c.range("first"), count = c.range("count"), offset = c.range("offset");
  c.require(first.high + count.high <= rows[axis], fmt::format("rows up to {} may be written; rows has {}",
                                                               first.high + count.high - 1, rows[axis]));
  const int64_t ring = c.whole("ring");
  c.require(ring <= into[axis], fmt::format("a ring of {} slots in {} rows", ring, into[axis]));
  c.require(ring != 0 || c.word("beyond") == "drop" || offset.high + count.high <= into[axis],
            fmt::format("row {} may be written; into has {}", offset.high + count.high - 1, into[axis]));
}

void run_write_rows(StepRun& r) {
  steps::write_rows(r.content("rows"), r.to_change("into"),
                    {static_cast<size_t>(r.count("axis")), r.count("first"), r.count("count"),
                     r.count("offset"), r.count("ring"), r.word("beyond") == "drop"});
}

void check_concat(const StepCheck& c) {
  const size_t axis = checked_axis(c, "first");
  c.want_dtype("second", c.input("first").dtype);
  c.want_dtype("joined", c.input("first").dtype);
  const Shape &first = c.input("first").shape, &second = c.input("second").shape;
  c.want_rank("second", first.size(), first.size());
  c.want_shape("second", with_extent(first, axis, second[axis]));
  c.want_shape("joined", with_extent(first, axis, first[axis] + second[axis]));
}

void run_concat(StepRun& r) {
  r.give_content(
      "joined", steps::concat(r.content("first"), r.content("second"), static_cast<size_t>(r.count("axis"))));
}

void check_reshape(const StepCheck& c) {
  c.want_dtype("y", c.input("x").dtype);
  c.require(element_count(c.input("x").shape) == element_count(c.output("y").shape),
            fmt::format("x is {}, y is {}: they have not as many elements", to_string(c.input("x")),
                        to_string(c.output("y"))));
}

void run_reshape(StepRun& r) { r.give_content("y", steps::reshape(r.content("x"), r.shape("y"))); }

void check_fill(const StepCheck& c) {
  const double value = c.number("value");
  const DType dtype = c.output("x").dtype;
  if (dtype == kFloat32) return;
  c.require(value == static_cast<double>(static_cast<int64_t>(std::clamp(value, -9e15, 9e15))) &&
                (dtype == kInt64 || (value >= INT32_MIN && value <= INT32_MAX)),
            fmt::format("value {} is no {}", value, dtype.name()));
}

void run_fill(StepRun& r) { r.fill("x", r.number("value")); }

void check_requantize(const StepCheck& c) {
  c.want_dtype("x", kFloat32);
  c.want_dtype("y", kFloat32);
  c.want_shape("y", c.input("x").shape);
}

void run_requantize(StepRun& r) { r.give_values("y", to_single(r.values("x"))); }

void check_replace_token(const StepCheck& c) {
  c.want_integers("tokens");
  c.want_dtype("replaced", c.input("tokens").dtype);
  c.want_shape("replaced", c.input("tokens").shape);
}

void run_replace_token(StepRun& r) {
  r.give_content("replaced",
                 steps::replace_token(r.content("tokens"), r.count("token"), r.count("replacement")));
}

constexpr HostStep kMovingSteps[] = {
    {"row", true, &check_row, &run_row},
    {"write_rows", true, &check_write_rows, &run_write_rows},
    {"concat", true, &check_concat, &run_concat},
    {"reshape", true, &check_reshape, &run_reshape},
    {"fill", false, &check_fill, &run_fill},
    {"requantize", false, &check_requantize, &run_requantize},
    {"replace_token", false, &check_replace_token, &run_replace_token},
};

}  // namespace

std::span<const HostStep> moving_steps() { return kMovingSteps; }

}  // namespace vernier::core
