#include "interpreter/kept_codes.h"

namespace vernier::core {

Tensor KeptCodes::kept(int32_t parameter, const QParams& qparams) const {
  const auto found = kept_.find(parameter);
  return found != kept_.end() && found->second.qparams == qparams ? found->second.codes : Tensor{};
}

Tensor KeptCodes::find(int32_t parameter, const Tensor& values, const QParams& qparams) {
  const auto found = kept_.find(parameter);
  if (found != kept_.end()) {
    if (found->second.qparams == qparams) return found->second.codes;
    bytes_ -= found->second.codes.bytes();
    kept_.erase(found);
  }
  const uint64_t bytes = qparams.dtype.bytes(static_cast<uint64_t>(values.elements()));
  if (bytes > most_bytes_ - bytes_) return {};
  Tensor codes = device_.encode(values, all_rows(values), qparams);
  bytes_ += bytes;
  kept_.emplace(parameter, Kept{qparams, codes});
  return codes;
}

}  // namespace vernier::core
