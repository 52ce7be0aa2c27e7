#include "runtime/op.h"

namespace vernier::core {

std::span<const OpSignature> op_signatures() {
  using K = ArgumentKind;
  static const std::vector<OpSignature> kOps = {
      {"linear", 1, {{"x", K::kValue}, {"weight", K::kValue}, {"bias", K::kValue, true}}},
      {"matmul", 1, {{"a", K::kValue}, {"b", K::kValue}}},
      {"add", 1, {{"a", K::kValue}, {"b", K::kValue}}},
      {"sub", 1, {{"a", K::kValue}, {"b", K::kValue}}},
      {"mul", 1, {{"a", K::kValue}, {"b", K::kValue}}},
      {"div", 1, {{"a", K::kValue}, {"b", K::kValue}}},
      {"neg", 1, {{"x", K::kValue}}},
      {"rsqrt", 1, {{"x", K::kValue}}},
      {"sqrt", 1, {{"x", K::kValue}}},
      {"mean", 1, {{"x", K::kValue}, {"axes", K::kIntegers}, {"keep_dims", K::kInteger}}},
      {"reshape", 1, {{"x", K::kValue}, {"shape", K::kIntegers}}},
      {"permute", 1, {{"x", K::kValue}, {"axes", K::kIntegers}}},
      {"slice", 1, {{"x", K::kValue}, {"axis", K::kInteger}, {"begin", K::kInteger}, {"end", K::kInteger}}},
      {"concat", 1, {{"xs", K::kValues}, {"axis", K::kInteger}}},
      {"softmax", 1, {{"x", K::kValue}, {"axis", K::kInteger}}},
      {"gelu", 1, {{"x", K::kValue}, {"approximate", K::kText}}},
      {"silu", 1, {{"x", K::kValue}}},
      {"sigmoid", 1, {{"x", K::kValue}}},
      {"tanh", 1, {{"x", K::kValue}}},
      {"relu", 1, {{"x", K::kValue}}},
      {"clamp", 1, {{"x", K::kValue}, {"low", K::kNumber}, {"high", K::kNumber}}},
      {"rms_norm", 1, {{"x", K::kValue}, {"weight", K::kValue}, {"eps", K::kNumber}}},
      {"layer_norm",
       1,
       {{"x", K::kValue}, {"weight", K::kValue, true}, {"bias", K::kValue, true}, {"eps", K::kNumber}}},
      {"embedding", 1, {{"weight", K::kValue}, {"indices", K::kValue}}},
  };
  return kOps;
}

std::optional<uint32_t> find_op(std::string_view name, uint32_t version) {
  const auto ops = op_signatures();
  for (uint32_t id = 0; id < ops.size(); ++id) {
    if (ops[id].name == name && ops[id].version == version) return id;
  }
  return std::nullopt;
}

}  // namespace vernier::core
