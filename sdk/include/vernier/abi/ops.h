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
  // Runs an op; `results` has room for `result_count`, which is 1. VERNIER_INVALID_ARGUMENT: number, kind,
  // dtype, shape or value of an argument, another number of results; VERNIER_NOT_FOUND: no op has this id;
  // VERNIER_INVALID_HANDLE; VERNIER_FAILED_PRECONDITION: on another thread than the forward's. [the forward's
  // thread & running]
  vernier_status (*call)(void* host, vernier_context context, uint32_t id, const vernier_argument* arguments,
                         uint64_t argument_count, vernier_value* results, uint64_t result_count);
} vernier_ops_interface;

VERNIER_FREEZE_SLOT(vernier_ops_interface, resolve, 1);
VERNIER_FREEZE_SLOT(vernier_ops_interface, call, 2);

#endif
