// Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) whose query heads share key heads
// (Ainslie et al. 2023, arXiv:2305.13245), and what it needs of a cache of keys and values. Projections,
// norms and positions are the wrapper's: they differ between families.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site_defaults.h"

namespace blocks {

// Throws VERNIER_INVALID_ARGUMENT where the query heads do not divide evenly among the key heads.
struct Heads {
  Heads(int64_t query_heads, int64_t key_heads, int64_t head_size)
      : query(query_heads), key(key_heads), size(head_size) {
    if (query > 0 && key > 0 && size > 0 && query % key == 0) return;
    throw vernier::invalid_argument("attention has " + std::to_string(query) + " query heads, " +
                                    std::to_string(key) + " key heads and heads of size " +
                                    std::to_string(size) +
                                    "; all are positive, and query heads a multiple of key heads");
  }
  int64_t query, key, size;
};

// [batch, tokens, heads * size] as [batch, tokens, heads, size], its axes put in this order. `who` stands in
// the error.
inline vernier::Value split_heads(vernier::Context& c, vernier::Value x, int64_t heads, int64_t size,
                                  const std::vector<int64_t>& axes, const std::string& who) {
  const std::vector<int64_t> shape = c.shape(x);
  if (shape.size() != 3)
    throw vernier::invalid_argument(who +
                                    " wants hidden_states of shape [batch, tokens, hidden], not of rank " +
                                    std::to_string(shape.size()));
  return vernier::ops::permute(c, vernier::ops::reshape(c, x, {shape[0], shape[1], heads, size}), axes);
}

// Keys or values of earlier tokens and of these, [batch, heads, tokens, size]; these alone without a `past`.
// `site` is where they left, or one that is tied to it: so all of the cache is on one grid.
inline vernier::Value with_past(vernier::Context& c, vernier::Site site, vernier::Value past,
                                vernier::Value now) {
  return past ? vernier::ops::concat(c, {c.quantize(site, past), now}, 2) : now;
}

// The table "mask", [1, 1, tokens, tokens]: 0 where a token may be seen, kMaskDepth below where it comes
// later.
inline vernier::Value causal_mask(vernier::Context& c, int64_t tokens) {
  std::vector<float> mask;
  for (int64_t row = 0; row < tokens; ++row) {
    for (int64_t column = 0; column < tokens; ++column)
      mask.push_back(column <= row ? 0.0F : static_cast<float>(-kMaskDepth));
  }
  return c.table("mask", {1, 1, tokens, tokens}, mask);
}

// How the products of an attention stand in the graph. The numbers are the same.
enum class Products {
  kBatched,   // one of rank 4 for each of the two, whatever the number of heads
  kUnrolled,  // of rank 3, two for each query head: for devices that take no batches of heads
};

// What a family calls the sites of GroupedAttention.
struct AttentionSites {
  std::string_view mask = "mask";
  std::string_view scores = "scores";
  std::string_view masked_scores = "masked_scores";
  std::string_view probabilities = "probabilities";
  std::string_view context = "context";
};

// Declares the sites mask, scores, masked_scores, probabilities, context, under those names or the family's.
// The masked ones are int16 unless a rule says otherwise. Unrolled, all heads share each of these sites.
class GroupedAttention {
 public:
  GroupedAttention(vernier::Module& m, Heads heads, const vernier::SiteDefaults& mask = sixteen_bits(),
                   Products products = Products::kBatched, const AttentionSites& names = {})
      : heads_(heads),
        products_(products),
        mask_(m.site(names.mask, mask)),
        scores_(m.site(names.scores)),
        masked_scores_(m.site(names.masked_scores, sixteen_bits())),
        probabilities_(m.site(names.probabilities)),
        context_(m.site(names.context)) {}

  // query [batch, query heads, tokens, size] (scaled), keys [batch, key heads, size, all], values [batch, key
  // heads, all, size], and what is added to the scores, [batch or 1, query heads or 1, tokens or 1, all], or
  // nothing; unrolled, it is the same for all heads. Gives [batch, tokens, query heads * size].
  vernier::Value operator()(vernier::Context& c, vernier::Value query, vernier::Value keys,
                            vernier::Value values, vernier::Value mask) const {
    namespace ops = vernier::ops;
    if (products_ == Products::kUnrolled) return unrolled(c, query, keys, values, mask);
    const std::vector<int64_t> shape = c.shape(query);
    const int64_t batch = shape[0], tokens = shape[2], all = c.shape(keys)[3];
    // Query heads that share a key are rows of one product: nothing is repeated.
    const int64_t rows = heads_.query / heads_.key * tokens;
    vernier::Value scores =
        c.quantize(scores_, ops::matmul(c, as(c, query, {batch, heads_.key, rows, heads_.size}), keys));
    if (mask) {
      const vernier::Value by_head = as(c, scores, {batch, heads_.query, tokens, all});
      const vernier::Value masked = c.quantize(masked_scores_, ops::add(c, by_head, c.quantize(mask_, mask)));
      scores = as(c, masked, {batch, heads_.key, rows, all});
    }
    const vernier::Value weights = c.quantize(probabilities_, ops::softmax(c, scores, -1));
    const vernier::Value context = c.quantize(context_, ops::matmul(c, weights, values));
    const vernier::Value by_head = as(c, context, {batch, heads_.query, tokens, heads_.size});
    return ops::reshape(c, ops::permute(c, by_head, {0, 2, 1, 3}),
                        {batch, tokens, heads_.query * heads_.size});
  }

 private:
  // One head of [batch, heads, rows, columns], as [batch, rows, columns].
  static vernier::Value head(vernier::Context& c, vernier::Value x, int64_t index) {
    const std::vector<int64_t> shape = c.shape(x);
    return vernier::ops::reshape(c, vernier::ops::slice(c, x, 1, index, index + 1),
                                 {shape[0], shape[2], shape[3]});
  }

  vernier::Value unrolled(vernier::Context& c, vernier::Value query, vernier::Value keys,
                          vernier::Value values, vernier::Value mask) const {
    namespace ops = vernier::ops;
    if (mask) {
      if (c.shape(mask)[1] != 1)
        throw vernier::unimplemented("an unrolled attention with a mask for each head");
      mask = head(c, c.quantize(mask_, mask), 0);
    }
    std::vector<vernier::Value> contexts;
    for (int64_t key_head = 0; key_head < heads_.key; ++key_head) {
      const vernier::Value key = head(c, keys, key_head), value = head(c, values, key_head);
      const int64_t group = heads_.query / heads_.key;
      for (int64_t index = key_head * group; index < (key_head + 1) * group; ++index) {
        vernier::Value scores = c.quantize(scores_, ops::matmul(c, head(c, query, index), key));
        if (mask) scores = c.quantize(masked_scores_, ops::add(c, scores, mask));
        const vernier::Value weights = c.quantize(probabilities_, ops::softmax(c, scores, -1));
        contexts.push_back(c.quantize(context_, ops::matmul(c, weights, value)));
      }
    }
    return contexts.size() == 1 ? contexts[0] : ops::concat(c, contexts, 2);
  }

  // A reshape, where each key has more than one query head.
  vernier::Value as(vernier::Context& c, vernier::Value x, const std::vector<int64_t>& shape) const {
    return heads_.query == heads_.key ? x : vernier::ops::reshape(c, x, shape);
  }

  Heads heads_;
  Products products_;
  vernier::Site mask_, scores_, masked_scores_, probabilities_, context_;
};

}  // namespace blocks
