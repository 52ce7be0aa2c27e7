// An attention with a cache: two entries over the same weights and the same grids. Keys and values leave
// prefill and come back into decode.
#include <vernier/wrapper.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

namespace ops = vernier::ops;
using vernier::Context;
using vernier::Value;

class AcmeAttention : public vernier::Wrapper {
 public:
  explicit AcmeAttention(vernier::Module& m)
      : heads_(m.config().integer("/num_attention_heads")),
        kv_heads_(m.config().integer("/num_key_value_heads", heads_)),
        size_(m.config().integer("/hidden_size") / heads_),
        theta_(m.config().number("/rope_theta", 10000)),
        q_proj_(projection(m, "q_proj", heads_ * size_)),
        k_proj_(projection(m, "k_proj", kv_heads_ * size_)),
        v_proj_(projection(m, "v_proj", kv_heads_ * size_)),
        o_proj_(projection(m, "o_proj", heads_ * size_)),
        scale_(m.filled("scale", {}, 1 / std::sqrt(static_cast<double>(size_)), vernier::per_tensor(),
                        VERNIER_ROLE_ACTIVATION)),
        cos_(m.site("cos", vernier::per_tensor().range(-1, 1))),
        sin_(m.site("sin", vernier::per_tensor().range(-1, 1))),
        scaled_query_(m.site("scaled_query")),
        query_(rotary(m, "query")),
        key_(rotary(m, "key")),
        value_(m.site("value")),
        scores_(m.site("scores")),
        mask_(m.site("mask", vernier::per_tensor().range(-kHidden, 0))),
        masked_(m.site("masked")),
        probabilities_(m.site("probabilities")),
        context_(m.site("context")) {
    m.tie(value_, "v_proj/act_out");
  }

  Value forward(Context& c, Value hidden_states) { return prefill(c, hidden_states)[0]; }
  // [1, S, hidden] gives that, and the keys and values of S tokens, [1, key heads, S, head size].
  std::vector<Value> prefill(Context& c, Value hidden_states) {
    const int64_t tokens = c.shape(hidden_states)[1];
    return attend(c, hidden_states, {}, {}, causal_mask(c, tokens));
  }
  // One token, [1, 1, hidden], behind P that were there before; gives its own keys and values.
  std::vector<Value> decode(Context& c, Value hidden_states, Value past_key, Value past_value) {
    return attend(c, hidden_states, past_key, past_value, {});
  }

 private:
  static constexpr double kHidden = 30;  // far below every score, so that no softmax sees it
  struct Rotary {
    vernier::Site by_cos, by_sin, sum;
  };

  static Rotary rotary(vernier::Module& m, const std::string& name) {
    return {m.site(name + "_by_cos"), m.site(name + "_by_sin"), m.site(name)};
  }
  static vernier::Child projection(vernier::Module& m, const char* name, int64_t size) {
    const int64_t hidden = m.config().integer("/hidden_size");
    const bool is_last = std::string(name) == "o_proj";
    return m.child(name, "Linear",
                   {{"in_features", is_last ? size : hidden},
                    {"out_features", is_last ? hidden : size},
                    {"bias", m.config().boolean("/attention_bias", false)}});
  }

  std::vector<Value> attend(Context& c, Value hidden_states, Value past_key, Value past_value, Value mask) {
    const int64_t tokens = c.shape(hidden_states)[1];
    const int64_t before = past_key ? c.shape(past_key)[2] : 0;
    const Value q = split(c, q_proj_(c, hidden_states), heads_);
    const Value query =
        rotate(c, c.quantize(scaled_query_, ops::mul(c, q, c.weight(scale_))), before, query_);
    const Value key = rotate(c, split(c, k_proj_(c, hidden_states), kv_heads_), before, key_);
    const Value value = split(c, v_proj_(c, hidden_states), kv_heads_);
    const Value keys = past_key ? ops::concat(c, {c.quantize(key_.sum, past_key), key}, 2) : key;
    const Value values = past_value ? ops::concat(c, {c.quantize(value_, past_value), value}, 2) : value;
    // Heads that share a key are rows of one product: nothing is repeated.
    const int64_t rows = heads_ / kv_heads_ * tokens, all = before + tokens;
    const Value grouped = ops::reshape(c, query, {1, kv_heads_, rows, size_});
    Value scores = c.quantize(scores_, ops::matmul(c, grouped, ops::permute(c, keys, {0, 1, 3, 2})));
    if (mask) {
      const Value by_head = ops::reshape(c, scores, {1, heads_, tokens, all});
      scores = ops::reshape(c, c.quantize(masked_, ops::add(c, by_head, mask)), {1, kv_heads_, rows, all});
    }
    const Value weights = c.quantize(probabilities_, ops::softmax(c, scores, -1));
    const Value context = c.quantize(context_, ops::matmul(c, weights, values));
    const Value by_head = ops::reshape(c, context, {1, heads_, tokens, size_});
    const Value joined = ops::reshape(c, ops::permute(c, by_head, {0, 2, 1, 3}), {1, tokens, heads_ * size_});
    return {o_proj_(c, joined), key, value};
  }

  // [1, tokens, heads * size] as [1, heads, tokens, size].
  Value split(Context& c, Value x, int64_t heads) const {
    return ops::permute(c, ops::reshape(c, x, {1, c.shape(x)[1], heads, size_}), {0, 2, 1, 3});
  }

  // Rotary position embedding (Su et al. 2021, RoFormer, eq. 34) of positions from `first` on. The first half
  // of sin is negated in the table, so that no op negates.
  Value rotate(Context& c, Value x, int64_t first, const Rotary& sites) {
    const int64_t tokens = c.shape(x)[2], half = size_ / 2;
    std::vector<float> cos, sin;
    for (int64_t token = first; token < first + tokens; ++token) {
      for (int64_t i = 0; i < size_; ++i) {
        const double frequency =
            std::pow(theta_, -2.0 * static_cast<double>(i % half) / static_cast<double>(size_));
        const double angle = static_cast<double>(token) * frequency;
        cos.push_back(static_cast<float>(std::cos(angle)));
        sin.push_back(static_cast<float>(i < half ? -std::sin(angle) : std::sin(angle)));
      }
    }
    const std::vector<int64_t> shape = {1, 1, tokens, size_};
    const Value turned = ops::concat(c, {ops::slice(c, x, 3, half, size_), ops::slice(c, x, 3, 0, half)}, 3);
    const Value by_cos = ops::mul(c, x, c.quantize(cos_, c.table("cos", shape, cos)));
    const Value by_sin = ops::mul(c, turned, c.quantize(sin_, c.table("sin", shape, sin)));
    return c.quantize(sites.sum,
                      ops::add(c, c.quantize(sites.by_cos, by_cos), c.quantize(sites.by_sin, by_sin)));
  }

  Value causal_mask(Context& c, int64_t tokens) {
    std::vector<float> mask;
    for (int64_t row = 0; row < tokens; ++row) {
      for (int64_t column = 0; column < tokens; ++column)
        mask.push_back(column <= row ? 0.0F : static_cast<float>(-kHidden));
    }
    return c.quantize(mask_, c.table("mask", {1, 1, tokens, tokens}, mask));
  }

  int64_t heads_, kv_heads_, size_;
  double theta_;
  vernier::Child q_proj_, k_proj_, v_proj_, o_proj_;
  vernier::Parameter scale_;
  vernier::Site cos_, sin_, scaled_query_;
  Rotary query_, key_;
  vernier::Site value_, scores_, mask_, masked_, probabilities_, context_;
};

}  // namespace

VERNIER_PLUGIN(vernier::wrapper<AcmeAttention>("AcmeAttention"));
