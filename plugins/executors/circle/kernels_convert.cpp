// The same reals in other codes.
#include <cmath>

#include "copier.h"
#include "kernels.h"

namespace circle_executor {

// QUANTIZE and DEQUANTIZE.
void convert(const Call& call) {
  const Value& x = call.input(0);
  const Tensor& to = *call.result().tensor;
  call.check_shape(x.tensor->shape());
  const bool to_codes = call.code() == circle::BuiltinOperator::QUANTIZE;
  if (to_codes ? !to.is_quantized() : !to.is_float() || !x.tensor->is_quantized())
    call.fail("takes " + x.tensor->described() + " to " + to.described());
  Copier(call, x, call.result()).copy_all();
}

// Between numbers without qparams; a real is cut off towards 0.
void cast(const Call& call) {
  const Value& x = call.input(0);
  const Result& to = call.result();
  call.check_shape(x.tensor->shape());
  if (x.tensor->is_quantized() || to.tensor->is_quantized()) call.cannot("has qparams");
  const vernier::DType dtype = to.tensor->file.dtype;
  for (int64_t i = 0; i < x.tensor->elements; ++i) {
    if (to.tensor->is_float()) {
      store(to.data, i, x.tensor->is_float() ? load<float>(x.data, i) : static_cast<float>(code_at(x, i)));
      continue;
    }
    int64_t number = 0;
    if (to.tensor->is_bool()) {
      number = x.tensor->is_float() ? load<float>(x.data, i) != 0 : code_at(x, i) != 0;
    } else if (x.tensor->is_float()) {
      const double real = std::trunc(load<float>(x.data, i));
      // 2^63 itself is no int64, and NaN is in no range.
      if (!(real >= -9.3e18 && real <= 9.3e18 && real >= static_cast<double>(dtype.qmin()) &&
            real < static_cast<double>(dtype.qmax()) + 1))
        call.fail("leaves the range of " + dtype.name());
      number = static_cast<int64_t>(real);
    } else {
      number = code_at(x, i);
      if (number < dtype.qmin() || number > dtype.qmax()) call.fail("leaves the range of " + dtype.name());
    }
    store_code(*to.tensor, to.data, i, number);
  }
}

// From a table with a scale a row too: what is picked is coded anew in the result's qparams.
void gather(const Call& call) {
  const Value &table = call.input(0), &picks = call.input(1);
  const auto& options = call.options<circle::GatherOptions>();
  if (options.batch_dims() != 0) call.cannot("has batch_dims");
  const size_t axis = call.axis(options.axis(), table.tensor->rank());
  const bool is_integer =
      picks.tensor->storage == Storage::kInt32 || picks.tensor->storage == Storage::kInt64;
  if (!is_integer || picks.tensor->is_quantized())
    call.fail("wants indices of int32 or int64, not " + picks.tensor->described());
  const Shape& from = table.tensor->shape();
  const auto place = from.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(from.begin(), place);
  shape.insert(shape.end(), picks.tensor->shape().begin(), picks.tensor->shape().end());
  shape.insert(shape.end(), place + 1, from.end());
  call.check_shape(shape);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= from[i];
  for (size_t i = axis + 1; i < from.size(); ++i) inner *= from[i];
  const int64_t extent = from[axis], count = picks.tensor->elements;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t pick = code_at(picks, k);
    if (pick < 0 || pick >= extent)
      throw vernier::invalid_argument("index " + std::to_string(pick) + " at " + std::to_string(k) + " of " +
                                      picks.tensor->described() + " is not in 0.." +
                                      std::to_string(extent - 1));
  }
  if (call.result().tensor->elements == 0) return;
  const Copier copier(call, table, call.result());
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t k = 0; k < count; ++k) {
      const int64_t first = (o * extent + code_at(picks, k)) * inner;
      for (int64_t i = 0; i < inner; ++i) copier.copy(first + i, (o * count + k) * inner + i);
    }
  }
}

}  // namespace circle_executor
