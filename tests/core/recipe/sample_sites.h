// The sites of Gemma4MultimodalEmbedder at model.embed_vision.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "recipe/resolve.h"

namespace vernier::core {

inline std::vector<SiteDescription> embedder_sites() {
  std::vector<SiteDescription> sites;
  for (const std::string module : {"embedding_pre_projection_norm", "embedding_projection"}) {
    for (const std::string site : {"weight", "act_in", "act_out"}) {
      SiteDescription one;
      one.relative = fmt::format("{}/{}", module, site);
      one.path = "model.embed_vision." + one.relative;
      one.is_weight = site == "weight";
      if (one.is_weight && module == "embedding_projection") {
        one.declared.granularity = Granularity::kChannel;
        one.declared.axis = 0;
      }
      sites.push_back(one);
    }
  }
  return sites;
}

}  // namespace vernier::core
