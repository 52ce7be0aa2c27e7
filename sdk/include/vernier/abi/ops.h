// The host's operators, called by resolved id with packed arguments: a new op changes no layout.
//
// Op set of "vernier.ops/1" (V value, I integer, N number, L integers, VS values, T text; ? may be NONE).
// Floats are float32. Binary operators broadcast as NumPy does and give the wider dtype of the two. Negative
// axes count from the back. Shapes and dtypes that do not fit are VERNIER_INVALID_ARGUMENT.
// clang-format off
// BEGIN generated from schemas/ops.json
//   linear(x V[..., in], weight V[out, in], bias V[out]?): x * weight^T + bias
//   matmul(a V, b V): batched, over the last two axes; a vector is one row on the left, one column
//       on the right
//   add(a V, b V): a + b
//   sub(a V, b V): a - b
//   mul(a V, b V): a * b
//   div(a V, b V): a / b; of integers in float32
//   neg(x V): -x
//   rsqrt(x V): 1 / sqrt(x)
//   sqrt(x V): sqrt(x)
//   mean(x V, axes L, keep_dims I): mean over axes, or over all where none is named
//   reshape(x V, shape L): the same elements in another shape; one extent may be -1
//   permute(x V, axes L): axis i of the result is axis axes[i] of x
//   slice(x V, axis I, begin I, end I): elements [begin, end) along axis
//   concat(xs VS, axis I): one behind the other along axis
//   softmax(x V, axis I): exp(x) / sum(exp(x)) along axis
//   gelu(x V, approximate T): approximate "none": x * Phi(x), with the error function; "tanh": its
//       approximation
//   silu(x V): x * sigmoid(x)
//   sigmoid(x V): 1 / (1 + exp(-x))
//   tanh(x V): tanh(x)
//   relu(x V): max(x, 0)
//   clamp(x V, low N, high N): min(max(x, low), high)
//   rms_norm(x V, weight V[C], eps N): x * rsqrt(mean(x^2, last axis) + eps) * weight (Zhang &
//       Sennrich 2019, arXiv:1910.07467)
//   layer_norm(x V, weight V[C]?, bias V[C]?, eps N): (x - mean) * rsqrt(mean((x - mean)^2) + eps)
//       * weight + bias, means over the last axis (Ba, Kiros & Hinton 2016, arXiv:1607.06450)
//   embedding(weight V[rows, C], indices V): one row of weight for each index (int32 or int64); an
//       index outside [0, rows) is an error
//   cos(x V): cos(x), x in radians
//   sin(x V): sin(x), x in radians
//   exp(x V): e^x
//   log(x V): natural logarithm; NaN below 0, -inf of 0
//   erf(x V): 2 / sqrt(pi) * the integral of e^(-t^2) from 0 to x
//   softplus(x V): log(1 + e^x)
//   floor(x V): the greatest whole number that is not above x
//   abs(x V): x without its sign; of integers the least one stays
//   square(x V): x * x
//   pow(a V, b V): a to the power of b; of integers in float32 (IEEE 754-2019, 9.2.1)
//   maximum(a V, b V): the greater of a and b; NaN where one of them is
//   minimum(a V, b V): the lesser of a and b; NaN where one of them is
//   equal(a V, b V): bool: a = b, in the dtype that holds both; false where one is NaN
//   not_equal(a V, b V): bool: a and b differ, in the dtype that holds both; true where one is NaN
//   less(a V, b V): bool: a < b, in the dtype that holds both; false where one is NaN
//   less_equal(a V, b V): bool: a <= b, in the dtype that holds both; false where one is NaN
//   greater(a V, b V): bool: a > b, in the dtype that holds both; false where one is NaN
//   greater_equal(a V, b V): bool: a >= b, in the dtype that holds both; false where one is NaN
//   logical_and(a V, b V): both of two bools
//   logical_or(a V, b V): one of two bools, or both
//   logical_not(x V): the other bool
//   where(condition V, a V, b V): a where the condition (bool) holds, else b
//   sum(x V, axes L, keep_dims I): sum over axes, or over all where none is named
//   max(x V, axes L, keep_dims I): greatest element over axes, or over all where none is named; NaN
//       where one is; of no element an error
//   min(x V, axes L, keep_dims I): least element over axes, or over all where none is named; NaN
//       where one is; of no element an error
//   argmax(x V, axis I): int64: index along the axis of the first greatest element, NaN above all;
//       of no element an error
//   cumsum(x V, axis I): sum of the elements up to each one along the axis
//   cast(x V, dtype T): x as dtype: float32, int64, int32, int16, int8, uint8 or bool. Integers
//       wrap around; of a float the fraction goes, what lies outside becomes the nearest end, and
//       NaN 0; bool is x != 0. A float64, which only the exact run has, stays as float32
//   floor_div(a V, b V): the greatest whole number that is not above a / b, as Python's //; an
//       integer divided by 0, or the least one by -1, is an error
//   remainder(a V, b V): a - b * floor_div(a, b), of b's sign, as Python's %; of an integer by 0 an
//       error
//   expand(x V, shape L): x broadcast to shape
//   pad(x V, before L, after L, value N): before[i] elements of value before axis i of x, and
//       after[i] behind it
//   gather(x V, indices V, axis I): elements of x along axis by indices (int32 or int64), whose
//       axes take that axis' place; an index outside [0, extent) is an error
//   strided_slice(x V, axis I, begin I, end I, step I): elements begin, begin + step, ... before
//       end along axis; with a negative step down to before end, which is -1 where element 0 is the
//       last
//   one_hot(indices V, depth I, dtype T): 1 where the place along a new last axis of extent depth
//       is the index (int32 or int64), else 0, in dtype (see cast); an index outside [0, depth) is
//       an error
//   range(start I, stop I, step I): int64: start, start + step, ... before stop
//   scatter_rows(x V[N, ...], indices V[n], rows V[n, ...]): x with row indices[i] (int32 or int64)
//       replaced by rows[i]; an index outside [0, N) or there twice is an error
//   dynamic_update_slice(x V, starts V[rank of x], update V): x with update written from element
//       starts[i] (int32 or int64) of axis i on; a start from which the update does not fit is an
//       error, not moved
//   conv1d(x V[N, in, W], weight V[out, in / groups, kW], bias V[out]?, stride L, padding L,
//       dilation L, groups I): cross-correlation with weight, plus bias; padding zeros on both
//       sides of an axis. See pad for sides that differ
//   conv2d(x V[N, in, H, W], weight V[out, in / groups, kH, kW], bias V[out]?, stride L, padding L,
//       dilation L, groups I): as conv1d, over two axes
//   conv3d(x V[N, in, D, H, W], weight V[out, in / groups, kD, kH, kW], bias V[out]?, stride L,
//       padding L, dilation L, groups I): as conv1d, over three axes
//   conv_transpose2d(x V[N, in, H, W], weight V[in, out / groups, kH, kW], bias V[out]?, stride L,
//       padding L, output_padding L, dilation L, groups I): each element of x times weight, added
//       up at stride * its place, plus bias; padding is cut off on both sides of an axis,
//       output_padding added behind it
//   max_pool2d(x V[N, C, H, W], kernel L, stride L, padding L): greatest element of each window of
//       kernel elements; padding, at most half of the kernel on both sides of an axis, is never the
//       greatest; NaN where one is
//   avg_pool2d(x V[N, C, H, W], kernel L, stride L, padding L, count_padding I): mean of each
//       window of kernel elements; padding, at most half of the kernel on both sides of an axis, is
//       zeros with count_padding, else left out of the mean
//   resize_bilinear(x V[N, C, H, W], size L, align_corners I): x at another height and width,
//       between its four nearest elements. Place i of the result is place i * (old - 1) / (new - 1)
//       of x with align_corners, else (i + 0.5) * old / new - 0.5 (half-pixel centres), where that
//       is above 0
//   split(x V, sizes L, axis I) -> one of each of sizes: x cut along axis into pieces of sizes
//       elements, one behind the other; together they are the axis
//   topk(x V, k I, axis I) -> values, indices: the k greatest elements along axis in falling order,
//       and their places (int64); of equal elements the first one, NaN before all
// END generated
// clang-format on
#ifndef VERNIER_ABI_OPS_H
#define VERNIER_ABI_OPS_H

#include <stdint.h>

#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_OPS "vernier.ops/1"

typedef struct vernier_ops_interface {
  uint64_t size;
  // Id of op `name` with exactly `version`, stable until the process ends. VERNIER_NOT_FOUND. [any thread]
  vernier_status (*resolve)(void* host, vernier_string name, uint32_t version, uint32_t* id);
  // Runs an op; `results` has room for `result_count`, which is the number of its results: 1 unless the op's
  // line says others. VERNIER_INVALID_ARGUMENT: number, kind, dtype, shape or value of an argument, another
  // number of results; VERNIER_NOT_FOUND: no op has this id;
  // VERNIER_INVALID_HANDLE; VERNIER_FAILED_PRECONDITION: on another thread than the forward's. [the forward's
  // thread & running]
  vernier_status (*call)(void* host, vernier_context context, uint32_t id, const vernier_argument* arguments,
                         uint64_t argument_count, vernier_value* results, uint64_t result_count);
} vernier_ops_interface;

VERNIER_FREEZE_SLOT(vernier_ops_interface, resolve, 1);
VERNIER_FREEZE_SLOT(vernier_ops_interface, call, 2);

#endif
