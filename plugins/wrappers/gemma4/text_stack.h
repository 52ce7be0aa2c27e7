// The decoder layers of a text model, one behind the other in one graph: a layer that reads keys and values
// of another one gets them here.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "per_layer_embeddings.h"

namespace gemma4 {

class TextStack {
  using Value = vernier::Value;
  using Values = std::vector<vernier::Value>;

 public:
  // By type of layer: mask, cosines, sines.
  using Tables = std::map<std::string, Values>;
  // Keys and values of the layers that have their own, in the order of layers.
  struct Keys {
    Values keys, values;
  };
  struct Result {
    Value hidden;
    Keys made;  // of these tokens
  };
  // What layers get of the per-layer embeddings: `inputs` of combined(); none without PLE.
  struct Shares {
    const PerLayerEmbeddings* embeddings = nullptr;
    Value inputs;
  };

  void add(vernier::Child child, const TextLayer& plan) { layers_.push_back({child, plan}); }

  [[nodiscard]] size_t owners() const {
    return static_cast<size_t>(std::count_if(layers_.begin(), layers_.end(),
                                             [](const Layer& one) { return !one.plan.is_consumer(); }));
  }

  // `past`: of the tokens before these, for each owner; empty: these are the first.
  Result run(vernier::Context& c, Value hidden, const Tables& tables, const Shares& shares,
             const Keys& past) const {
    Result result;
    std::vector<Values> all(layers_.size());  // keys and values of all tokens, by owner
    for (size_t i = 0; i < layers_.size(); ++i) {
      const Layer& one = layers_[i];
      Values inputs = {hidden};
      const Values& given = tables.at(one.plan.type);
      inputs.insert(inputs.end(), given.begin(), given.end());
      if (shares.embeddings != nullptr)
        inputs.push_back(shares.embeddings->of_layer(c, shares.inputs, static_cast<int64_t>(i)));
      if (one.plan.is_consumer()) {
        const Values& source = all[static_cast<size_t>(one.plan.source)];
        inputs.insert(inputs.end(), source.begin(), source.end());
      } else if (!past.keys.empty()) {
        const size_t owner = result.made.keys.size();
        inputs.insert(inputs.end(), {past.keys[owner], past.values[owner]});
      }
      const Values results = one.child.run(
          c, entry(i, !past.keys.empty()) + (shares.embeddings != nullptr ? "_ple" : ""), inputs);
      hidden = results[0];
      if (one.plan.is_consumer()) continue;
      result.made.keys.push_back(results[1]);
      result.made.values.push_back(results[2]);
      all[i].assign(results.end() - 2, results.end());
    }
    result.hidden = hidden;
    return result;
  }

 private:
  struct Layer {
    vernier::Child child;
    TextLayer plan;
  };

  [[nodiscard]] std::string entry(size_t index, bool has_past) const {
    if (layers_[index].plan.is_consumer()) return has_past ? "decode_shared" : "prefill_shared";
    if (!has_past) return "prefill";
    const auto own = static_cast<int64_t>(index);
    const bool is_read =
        std::any_of(layers_.begin(), layers_.end(), [&](const Layer& one) { return one.plan.source == own; });
    return is_read ? "decode_joined" : "decode";
  }

  std::vector<Layer> layers_;
};

}  // namespace gemma4
