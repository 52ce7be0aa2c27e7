// Any bytes as a qparams.json that a recipe names: refused with Error, or sites with sound numbers.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "calibration/given_qparams.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vernier::core;
  try {
    const auto given = GivenQparams::parse({reinterpret_cast<const char*>(data), size}, "q.json");
    ModuleTree tree;
    tree.sites.resize(1);
    tree.sites[0].path = "x";
    given.give(tree);
    const QParams& qparams = *tree.sites[0].qparams;
    if (!qparams.is_float && qparams.scale.size() != qparams.zero_point.size()) std::abort();
    for (const float scale : qparams.scale) {
      if (!(scale > 0) || !std::isfinite(scale)) std::abort();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) std::abort();
  }
  return 0;
}
