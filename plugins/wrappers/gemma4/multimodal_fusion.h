// Soft tokens of a picture in their places among the embeddings of a text: the block of the model's wrapper,
// and Gemma4MultimodalFusion, which is that step as a file of its own.
#pragma once

#include <vernier/placement_ops.h>
#include <vernier/wrapper.h>

#include <string>
#include <vector>

namespace gemma4 {

// Declares the site mm_fusion.
class Fusion {
 public:
  explicit Fusion(vernier::Module& m) : fused_(m.site("mm_fusion")) {}

  // text [1, tokens, hidden] with visual [rows, hidden] in the place of its rows from `start` on.
  vernier::Value at(vernier::Context& c, vernier::Value text, vernier::Value visual, int64_t start) const {
    return c.quantize(fused_, placed(c, text, visual, start));
  }
  // The same without the site.
  vernier::Value placed(vernier::Context& c, vernier::Value text, vernier::Value visual,
                        int64_t start) const {
    namespace ops = vernier::ops;
    const Extents extents = checked(c, text, visual);
    const int64_t end = start + extents.rows;
    if (start < 0 || end > extents.tokens)
      throw vernier::invalid_argument(std::to_string(extents.rows) + " soft tokens from token " +
                                      std::to_string(start) + " on do not fit into a text of " +
                                      std::to_string(extents.tokens));
    std::vector<vernier::Value> parts;
    if (start > 0) parts.push_back(ops::slice(c, text, 1, 0, start));
    parts.push_back(ops::reshape(c, visual, {1, extents.rows, extents.width}));
    if (end < extents.tokens) parts.push_back(ops::slice(c, text, 1, end, extents.tokens));
    return parts.size() == 1 ? parts[0] : ops::concat(c, parts, 1);
  }
  // Wherever they stand: row i of the result is row source[i] (integers [tokens]) of the text's rows and
  // those of `visual` behind them.
  vernier::Value by_source(vernier::Context& c, vernier::Value text, vernier::Value visual,
                           vernier::Value source) const {
    namespace ops = vernier::ops;
    const Extents extents = checked(c, text, visual);
    if (c.shape(source) != std::vector<int64_t>{extents.tokens})
      throw vernier::invalid_argument("fusion wants `source` of shape [" + std::to_string(extents.tokens) +
                                      "], one row for each token of the text");
    const vernier::Value rows = ops::reshape(c, visual, {1, extents.rows, extents.width});
    const vernier::Value all = c.quantize(fused_, ops::concat(c, {text, rows}, 1));
    return c.quantize(fused_, ops::gather(c, all, source, 1));
  }

  [[nodiscard]] vernier::Site site() const { return fused_; }

 private:
  struct Extents {
    int64_t tokens, rows, width;
  };
  static Extents checked(vernier::Context& c, vernier::Value text, vernier::Value visual) {
    const std::vector<int64_t> all = c.shape(text), rows = c.shape(visual);
    if (all.size() == 3 && all[0] == 1 && rows.size() == 2 && rows[1] == all[2])
      return {all[1], rows[0], rows[1]};
    throw vernier::invalid_argument(
        "fusion wants a text of shape [1, tokens, hidden] and soft tokens of shape [rows, hidden]");
  }

  vernier::Site fused_;
};

}  // namespace gemma4

// Both inputs are on the grid of mm_fusion, so that rows are copied code by code.
// Config: image_start (default 1: behind the begin-of-image token).
class Gemma4MultimodalFusion : public vernier::Wrapper {
 public:
  explicit Gemma4MultimodalFusion(vernier::Module& m)
      : start_(m.config().integer("/image_start", 1)), fusion_(m) {}

  vernier::Value forward(vernier::Context& c, vernier::Value text_embeds, vernier::Value visual_embeds) {
    return fusion_.at(c, own(c, text_embeds), own(c, visual_embeds), start_);
  }
  vernier::Value any_place(vernier::Context& c, vernier::Value text_embeds, vernier::Value visual_embeds,
                           vernier::Value source) {
    return fusion_.by_source(c, own(c, text_embeds), own(c, visual_embeds), source);
  }

 private:
  vernier::Value own(vernier::Context& c, vernier::Value x) const { return c.quantize(fusion_.site(), x); }

  int64_t start_;
  gemma4::Fusion fusion_;
};
