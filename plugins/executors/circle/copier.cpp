#include "copier.h"

namespace circle_executor {

namespace {

bool has_reals(const Tensor& tensor) { return tensor.is_float() || tensor.is_quantized(); }

// A writer for tensors that are only copied to code by code has nothing to write with, so it gets a float's
// place.
const Tensor& written(const Result& to, bool as_codes) {
  static const Tensor kUnused;
  return as_codes ? kUnused : *to.tensor;
}

}  // namespace

Copier::Copier(const Call& call, const Value& from, const Result& to)
    : from_(from),
      to_(to),
      as_codes_(same_encoding(*from.tensor, *to.tensor)),
      is_float_(from.tensor->is_float()),
      reals_(from),
      writer_(written(to, as_codes_), to.data) {
  if (!as_codes_ && (!has_reals(*from.tensor) || !has_reals(*to.tensor)))
    call.fail("takes " + from.tensor->described() + " to " + to.tensor->described());
}

void Copier::copy_all() const {
  if (as_codes_) {
    if (to_.tensor->bytes != 0) std::memcpy(to_.data, from_.data, to_.tensor->bytes);
    return;
  }
  for (int64_t i = 0; i < to_.tensor->elements; ++i) copy(i, i);
}

}  // namespace circle_executor
