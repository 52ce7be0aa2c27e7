// The profile: what a recipe chooses of a program. What no model can have, or not this one, is refused here.
#pragma once

#include <string>

#include "model.h"

namespace gemma4_program {

struct Profile {
  int64_t sequence = 0;  // tokens of a prompt and its answer
  int64_t pictures = 0, image_slots = 0;
  bool is_stack = false, splits_vision = false, looks_up_on_host = false, has_ring = false, is_tico = false;

  // Soft tokens that a picture may have: rows of `visual` that are its own.
  [[nodiscard]] int64_t rows(const Model& model) const {
    return (model.grid ? model.grid->patches() : image_slots) / model.vision->square();
  }
  // By how much a hidden score is lowered.
  [[nodiscard]] double depth(const Model& model) const {
    return model.mask_depth.value_or(is_tico ? 120.0 : blocks::kMaskDepth);
  }
  // Slots of the cache of a layer of this type; the ring's where it is one.
  [[nodiscard]] int64_t slots(const Model& model, const std::string& type) const {
    const int64_t ring_slots = ring(model, type);
    return ring_slots > 0 ? ring_slots : sequence - 1;
  }
  // 0: none. A sliding layer sees window - 1 tokens behind it.
  [[nodiscard]] int64_t ring(const Model& model, const std::string& type) const {
    const bool pays = model.text.window > 1 && model.text.window < sequence;
    return has_ring && type == "sliding_attention" && pays ? model.text.window - 1 : 0;
  }
};

inline std::string count_of(int64_t number, const char* noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

inline void check_pictures(const Profile& profile, const Model& model) {
  const Vision& vision = *model.vision;
  if (model.sees_pictures_whole)
    throw unserved(
        "/text_config/use_bidirectional_attention",
        "\"vision\": tokens of a picture see each other, and the masks of this program are causal");
  if (profile.image_slots % vision.square() != 0)
    throw impossible("/image_slots", std::to_string(profile.image_slots) + "; a multiple of " +
                                         std::to_string(vision.square()) + ", the patches of a soft token");
  if (model.grid && model.grid->patches() > profile.image_slots)
    throw impossible("/image_slots", std::to_string(profile.image_slots) + "; the grid has " +
                                         std::to_string(model.grid->patches()) + " patches");
  const int64_t rows = profile.rows(model);
  if (profile.pictures * rows > profile.sequence - 1)
    throw impossible("/pictures", count_of(profile.pictures, "picture") + " of up to " +
                                      count_of(rows, "soft token") + " are more than the " +
                                      count_of(profile.sequence - 1, "token") + " of a prompt");
  if (profile.splits_vision && vision.standardizes)
    throw impossible("/vision", "split; what standardizes soft tokens is no module of its own");
}

// What TICO's files have built in.
inline void check_tico(const Profile& profile, const Model& model) {
  const auto refuse = [](const std::string& why) { return impossible("/compat", "tico; " + why); };
  if (model.layout != "npu")
    throw refuse("its files take sines whose first half is negated: set the config's layout to npu");
  if (profile.is_stack) throw refuse("it writes a file for each decoder layer: granularity layer");
  if (profile.has_ring) throw refuse("its caches have a slot for each token: no ring");
  if (profile.pictures > 1)
    throw refuse("its files take one picture, not " + std::to_string(profile.pictures));
  if (profile.pictures == 1 && !model.grid)
    throw refuse("its files have one size of pictures built in: set the config's grid, {rows, columns}");
  if (profile.pictures == 1 &&
      (model.image_start < 0 || model.image_start + profile.rows(model) > profile.sequence - 1))
    throw refuse("soft tokens from token " + std::to_string(model.image_start) +
                 " on do not fit (image_start)");
}

inline Profile read_profile(const vernier::Options& given, const Model& model) {
  Profile profile;
  profile.sequence = given.integer("/sequence");
  if (profile.sequence < 2)
    throw impossible("/sequence",
                     std::to_string(profile.sequence) + "; a prompt and its answer are 2 tokens at least");
  profile.is_stack = given.text("/granularity", "layer") == "stack";
  profile.pictures = given.integer("/pictures", model.vision ? 1 : 0);
  profile.splits_vision = given.text("/vision", "whole") == "split";
  profile.looks_up_on_host = given.text("/per_layer_table", "unit") == "host";
  profile.has_ring = given.boolean("/ring", false);
  profile.is_tico = given.text("/compat", "none") == "tico";
  if (profile.looks_up_on_host && model.text.per_layer == 0)
    throw impossible("/per_layer_table", "host; the model has no per-layer embeddings");
  if (profile.pictures > 0 && !model.vision)
    throw impossible("/pictures",
                     count_of(profile.pictures, "picture") + "; the model takes none (vision_config)");
  if (profile.pictures == 0 && given.has("/image_slots"))
    throw impossible("/image_slots", "nothing has them without pictures");
  if (profile.pictures > 0) {
    profile.image_slots = given.integer("/image_slots", model.vision->soft_tokens * model.vision->square());
    check_pictures(profile, model);
  }
  if (profile.is_tico) check_tico(profile, model);
  return profile;
}

}  // namespace gemma4_program
