#include "tensor/qparams.h"

namespace vernier::core {

const char* to_string(Scheme scheme) {
  switch (scheme) {
    case Scheme::kUnset:
      return "unset";
    case Scheme::kAsymmetric:
      return "asymmetric";
    case Scheme::kSymmetric:
      return "symmetric";
  }
  return "unset";
}

const char* to_string(Granularity granularity) {
  switch (granularity) {
    case Granularity::kUnset:
      return "unset";
    case Granularity::kTensor:
      return "tensor";
    case Granularity::kChannel:
      return "channel";
    case Granularity::kBlock:
      return "block";
  }
  return "unset";
}

std::vector<int64_t> block_of(const QParams& qparams, size_t rank) {
  if (qparams.is_float) return {};
  std::vector<int64_t> block(rank, qparams.block_size > 0 ? 1 : 0);
  if (qparams.block_size > 0 && rank > 0) block.back() = qparams.block_size;
  if (qparams.axis >= 0) block.at(static_cast<size_t>(qparams.axis)) = 1;
  return block;
}

std::optional<int64_t> scale_count(const QParams& qparams, const std::vector<int64_t>& shape) {
  const auto rank = static_cast<int64_t>(shape.size());
  if (qparams.axis < -1 || qparams.axis >= rank || qparams.block_size < 0) return std::nullopt;
  if (qparams.axis >= 0)
    return qparams.block_size == 0 ? std::optional(shape[static_cast<size_t>(qparams.axis)]) : std::nullopt;
  if (qparams.block_size == 0) return 1;
  if (rank < 2 || shape.back() % qparams.block_size != 0) return std::nullopt;
  int64_t count = shape.back() / qparams.block_size;
  for (size_t i = 0; i + 1 < shape.size(); ++i) count *= shape[i];
  return count;
}

}  // namespace vernier::core
