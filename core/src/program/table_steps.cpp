// The steps of steps/masks.h and steps/rotary.h, and table_lookup.
#include <fmt/format.h>

#include <algorithm>

#include "program/host_step.h"
#include "program/steps/masks.h"
#include "program/steps/rotary.h"

namespace vernier::core {

namespace {

constexpr size_t kMostTableAxes = 8;

void check_causal_mask(const StepCheck& c) {
  c.want_dtype("mask", kFloat32);
  c.want_rank("mask", 2, kMostTableAxes);
  c.want_leading_ones("mask", 2);
  (void)c.range("first");
}

void run_causal_mask(StepRun& r) {
  r.give_values("mask",
                steps::causal_mask(r.shape("mask"), r.count("first"), r.count("window"), r.number("depth")));
}

void check_cache_mask(const StepCheck& c) {
  c.want_dtype("mask", kFloat32);
  c.want_rank("mask", 1, kMostTableAxes);
  c.want_leading_ones("mask", 1);
  const int64_t slots = c.output("mask").shape.back() - 1, ring = c.whole("ring");
  const Range past = c.range("past");
  c.require(ring <= slots, fmt::format("a ring of {} slots in a mask for {}", ring, slots));
  c.require(ring != 0 || past.high <= slots,
            fmt::format("past may be {}; the mask is for {} slots", past.high, slots));
}

void run_cache_mask(StepRun& r) {
  r.give_values("mask", steps::cache_mask(r.shape("mask"), r.count("past"), r.count("window"),
                                          r.count("ring"), r.number("depth")));
}

void check_rotary_table(const StepCheck& c) {
  c.want_dtype("cos", kFloat32);
  c.want_dtype("sin", kFloat32);
  c.want_rank("cos", 2, kMostTableAxes);
  c.want_leading_ones("cos", 2);
  c.want_shape("sin", c.output("cos").shape);
  (void)c.range("first");
  const int64_t head = c.output("cos").shape.back(), turning = c.whole("rotary_dim");
  c.require(head % 2 == 0, fmt::format("pairs turn: head_dim, the last extent, is {}", head));
  if (c.word("kind") == "proportional")
    c.require(turning % 2 == 0 && turning <= head,
              fmt::format("rotary_dim is {} of a head of {}; it is even and at most that", turning, head));
  else
    c.require(turning == 0 && c.number("factor") == 1, "rotary_dim and factor go with kind proportional");
}

void run_rotary_table(StepRun& r) {
  const steps::CosAndSin made = steps::rotary_table(
      r.shape("cos"), {r.count("first"), r.number("theta"), r.word("kind") == "proportional",
                       r.count("rotary_dim"), r.number("factor"), r.flag("negated")});
  r.give_values("cos", made.cos);
  r.give_values("sin", made.sin);
}

void check_table_lookup(const StepCheck& c) {
  c.want_integers("rows");
  c.want_dtype("values", kFloat32);
  const auto& tables = c.program().tables;
  const auto table = std::ranges::lower_bound(tables, c.word("table"), {}, &ProgramTable::name);
  c.require(table != tables.end() && table->name == c.word("table"),
            fmt::format("there is no table \"{}\"", c.word("table")));
  const Shape &rows = c.input("rows").shape, &values = c.output("values").shape;
  int64_t columns = 1;
  for (size_t i = rows.size(); i < values.size(); ++i) columns *= values[i];
  c.require(values.size() >= rows.size() && std::equal(rows.begin(), rows.end(), values.begin()) &&
                columns == table->columns,
            fmt::format("values is {}; it is to be {} and then extents that make up {}",
                        to_string(c.output("values")), to_string(rows), table->columns));
}

void run_table_lookup(StepRun& r) {
  Tensor values = r.look_up(r.word("table"), r.content("rows"));
  values.shape = r.shape("values");
  r.give_values("values", values);
}

constexpr HostStep kTableSteps[] = {
    {"causal_mask", false, &check_causal_mask, &run_causal_mask},
    {"cache_mask", false, &check_cache_mask, &run_cache_mask},
    {"rotary_table", false, &check_rotary_table, &run_rotary_table},
    {"table_lookup", false, &check_table_lookup, &run_table_lookup},
};

}  // namespace

std::span<const HostStep> table_steps() { return kTableSteps; }

}  // namespace vernier::core
