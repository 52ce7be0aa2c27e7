// The steps of steps/patches.h.
#include <fmt/format.h>

#include "program/host_step.h"
#include "program/steps/patches.h"

namespace vernier::core {

namespace {

constexpr size_t kMostPictureAxes = 8;

// How many slots the positions have.
int64_t checked_slots(const StepCheck& c) {
  c.want_dtype("positions", kInt32);
  c.want_rank("positions", 3, 3);
  const int64_t slots = c.input("positions").shape[1];
  c.want_shape("positions", {1, slots, 2});
  return slots;
}

void check_patch_positions(const StepCheck& c) {
  (void)checked_slots(c);
  c.want_dtype("places", kInt32);
  c.want_shape("places", c.input("positions").shape);
}

void run_patch_positions(StepRun& r) {
  r.give_content("places", steps::patch_positions(r.content("positions")));
}

void check_pad_patches(const StepCheck& c) {
  const int64_t slots = checked_slots(c);
  c.want_dtype("pixels", kFloat32);
  c.want_dtype("padded", kFloat32);
  c.want_rank("pixels", 3, 3);
  c.want_shape("pixels", {1, slots, c.input("pixels").shape[2]});
  c.want_shape("padded", c.input("pixels").shape);
}

void run_pad_patches(StepRun& r) {
  r.give_content("padded", steps::pad_patches(r.content("pixels"), r.content("positions")));
}

void check_patch_mask(const StepCheck& c) {
  const int64_t slots = checked_slots(c);
  c.want_dtype("mask", kFloat32);
  c.want_rank("mask", 1, kMostPictureAxes);
  c.want_leading_ones("mask", 2);
  const Shape& mask = c.output("mask").shape;
  const int64_t queries = mask.size() < 2 ? 1 : mask[mask.size() - 2];
  c.require(mask.back() == slots && (queries == slots || (queries == 1 && !c.flag("pairs"))),
            fmt::format("mask is {}; its last extent is {}, the one before it {}{}",
                        to_string(c.output("mask")), slots, c.flag("pairs") ? "" : "1 or ", slots));
}

void run_patch_mask(StepRun& r) {
  r.give_values(
      "mask", steps::patch_mask(r.content("positions"), r.shape("mask"), r.number("depth"), r.flag("pairs")));
}

void check_patch_rotary(const StepCheck& c) {
  const int64_t slots = checked_slots(c);
  c.want_dtype("cos", kFloat32);
  c.want_dtype("sin", kFloat32);
  c.want_rank("cos", 2, kMostPictureAxes);
  c.want_leading_ones("cos", 2);
  const Shape& cos = c.output("cos").shape;
  c.want_shape("sin", cos);
  c.require(cos[cos.size() - 2] == slots && cos.back() % 4 == 0,
            fmt::format("cos is {}; its last extents are {} slots and head_dim, a multiple of 4",
                        to_string(c.output("cos")), slots));
}

void run_patch_rotary(StepRun& r) {
  const steps::CosAndSin made =
      steps::patch_rotary(r.content("positions"), r.shape("cos"), r.number("theta"), r.flag("negated"));
  r.give_values("cos", made.cos);
  r.give_values("sin", made.sin);
}

void check_pool_weights(const StepCheck& c) {
  const int64_t slots = checked_slots(c);
  c.want_dtype("weights", kFloat32);
  c.want_rank("weights", 3, 3);
  c.want_shape("weights", {1, c.output("weights").shape[1], slots});
}

void run_pool_weights(StepRun& r) {
  r.give_values("weights", steps::pool_weights(r.content("positions"), r.shape("weights"), r.count("side")));
}

void check_count_soft_tokens(const StepCheck& c) {
  (void)checked_slots(c);
  c.want_dtype("count", kInt32);
  c.want_shape("count", {1});
}

void run_count_soft_tokens(StepRun& r) {
  r.give_content("count", steps::count_soft_tokens(r.content("positions"), r.count("side")));
}

void check_require_grid(const StepCheck& c) {
  const int64_t slots = checked_slots(c), patches = c.whole("rows") * c.whole("columns");
  c.require(patches <= slots,
            fmt::format("the grid has {} patches, positions have {} slots", patches, slots));
}

void run_require_grid(StepRun& r) {
  steps::require_grid(r.content("positions"), r.count("rows"), r.count("columns"));
}

constexpr HostStep kPictureSteps[] = {
    {"pad_patches", true, &check_pad_patches, &run_pad_patches},
    {"count_soft_tokens", false, &check_count_soft_tokens, &run_count_soft_tokens},
    {"patch_positions", false, &check_patch_positions, &run_patch_positions},
    {"patch_mask", false, &check_patch_mask, &run_patch_mask},
    {"patch_rotary", false, &check_patch_rotary, &run_patch_rotary},
    {"pool_weights", false, &check_pool_weights, &run_pool_weights},
    {"require_grid", false, &check_require_grid, &run_require_grid},
};

}  // namespace

std::span<const HostStep> picture_steps() { return kPictureSteps; }

}  // namespace vernier::core
