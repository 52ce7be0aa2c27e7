// vernier.context/1 and vernier.ops/1.
#include <string.h>

#include "statuses.h"

static const vernier_context_interface* c;
static const vernier_ops_interface* ops;

typedef struct running {
  vernier_context context;
  const vernier_value* inputs;
} running;

static vernier_status run_child(vernier_context context, vernier_module child, const char* entry,
                                vernier_value input, uint64_t capacity) {
  vernier_value outputs[2] = {0, 0};
  uint64_t count = 0;
  return c->forward(host->context, context, child, text(entry), &input, 1, outputs, capacity, &count);
}

static const int64_t two[9] = {2, 1, 1, 1, 1, 1, 1, 1, 1};
static const float numbers[2] = {1, 2}, others[2] = {1, 3};

static vernier_status give(vernier_context context, const char* name, uint8_t code, uint8_t bits,
                           const int64_t* shape, uint64_t rank, const void* data, vernier_value* result) {
  vernier_tensor values;
  memset(&values, 0, sizeof values);
  values.size = VERNIER_SIZE_UP_TO(vernier_tensor, flags);
  values.data = data;
  values.shape = shape;
  values.rank = rank;
  values.dtype.code = code;
  values.dtype.bits = bits;
  values.dtype.lanes = 1;
  return c->table(host->context, context, text(name), &values, result);
}

static void table_rows(vernier_context context) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_string nothing = {NULL, 3};
  const int64_t negative = -1, huge = (int64_t)1 << 40, none = 0;
  const uint8_t bools[2] = {1, 2};
  const uint8_t f = VERNIER_DTYPE_FLOAT;
  vernier_value first = 0, again = 0;
  vernier_tensor values;
  row("context.table", "numbers", VERNIER_OK, give(context, "numbers", f, 32, two, 1, numbers, &first));
  row("context.table", "the same again", VERNIER_OK,
      give(context, "numbers", f, 32, two, 1, numbers, &again));
  row("context.table", "other numbers", wrong, give(context, "numbers", f, 32, two, 1, others, &again));
  row("context.table", "another shape", wrong, give(context, "numbers", f, 32, two, 2, numbers, &again));
  row("context.table", "a parameter's name", wrong, give(context, "weight", f, 32, two, 1, numbers, &again));
  row("context.table", "no name", wrong, give(context, "", f, 32, two, 1, numbers, &again));
  row("context.table", "a name of two lines", wrong, give(context, "a\nb", f, 32, two, 1, numbers, &again));
  row("context.table", "a name that is not UTF-8", wrong,
      give(context, "a\xff", f, 32, two, 1, numbers, &again));
  row("context.table", "float64", wrong, give(context, "a", f, 64, two, 1, numbers, &again));
  row("context.table", "bools", wrong, give(context, "a", VERNIER_DTYPE_BOOL, 8, two, 1, bools, &again));
  row("context.table", "a negative extent", wrong, give(context, "a", f, 32, &negative, 1, numbers, &again));
  row("context.table", "too many bytes", wrong, give(context, "a", f, 32, &huge, 1, numbers, &again));
  row("context.table", "no elements", wrong, give(context, "a", f, 32, &none, 1, numbers, &again));
  row("context.table", "too many axes", wrong, give(context, "a", f, 32, two, 9, numbers, &again));
  row("context.table", "null shape", wrong, give(context, "a", f, 32, NULL, 1, numbers, &again));
  row("context.table", "null data", wrong, give(context, "a", f, 32, two, 1, NULL, &again));
  row("context.table", "null result", wrong, give(context, "a", f, 32, two, 1, numbers, NULL));
  row("context.table", "null values", wrong, c->table(host->context, context, text("a"), NULL, &again));
  memset(&values, 0, sizeof values);
  row("context.table", "null name", wrong, c->table(host->context, context, nothing, &values, &again));
}

static const uint8_t first_row[8] = {1};
static vernier_value mask;  // of the forward that runs

// Each function with arguments that would be good, but for the context or the thread.
static void all_rows(vernier_context context, vernier_value x, const char* what, vernier_status wanted) {
  vernier_value value = 0;
  vernier_dtype dtype;
  int64_t dims[8];
  uint64_t rank = 0;
  uint32_t relu = 0;
  vernier_argument argument;
  memset(&argument, 0, sizeof argument);
  argument.kind = VERNIER_ARGUMENT_VALUE;
  argument.as.handle = x;
  ops->resolve(host->context, text("relu"), 1, &relu);
  row("context.quantize", what, wanted, c->quantize(host->context, context, kept.act, x, &value));
  row("context.quantize_where", what, wanted,
      c->quantize_where(host->context, context, kept.act, x, mask, &value));
  row("context.weight", what, wanted, c->weight(host->context, context, kept.weight, &value));
  row("context.forward", what, wanted, run_child(context, kept.leaf, "forward", x, 1));
  row("context.shape", what, wanted, c->shape(host->context, context, x, dims, 8, &rank));
  row("context.dtype", what, wanted, c->dtype(host->context, context, x, &dtype));
  row("context.table", what, wanted,
      give(context, "numbers", VERNIER_DTYPE_FLOAT, 32, two, 1, numbers, &value));
  row("ops.call", what, wanted, ops->call(host->context, context, relu, &argument, 1, &value, 1));
}

static void* from_another_thread(void* argument) {
  const running* now = argument;
  all_rows(now->context, now->inputs[0], "another thread", VERNIER_FAILED_PRECONDITION);
  return NULL;
}

static void handle_rows(vernier_context context, vernier_value x) {
  const vernier_status invalid = VERNIER_INVALID_HANDLE;
  const uint64_t strangers[] = {0, INVENTED(1), kept.root, kept.act};
  const char* const names[] = {"the null handle", "an invented value", "a module", "a site"};
  vernier_value value = 0;
  vernier_dtype dtype;
  int64_t dims[8];
  uint64_t rank = 0;
  for (int i = 0; i < 4; ++i) {
    const uint64_t wrong = strangers[i];
    row("context.quantize", names[i], invalid, c->quantize(host->context, context, kept.act, wrong, &value));
    row("context.shape", names[i], invalid, c->shape(host->context, context, wrong, dims, 8, &rank));
    row("context.dtype", names[i], invalid, c->dtype(host->context, context, wrong, &dtype));
    row("context.weight", names[i], invalid, c->weight(host->context, context, wrong, &value));
    if (wrong != 0)
      row("context.forward", names[i], invalid, run_child(context, kept.leaf, "forward", wrong, 1));
    row("context.quantize_where", names[i], invalid,
        c->quantize_where(host->context, context, kept.act, wrong, mask, &value));
    row("context.quantize_where", "that as rows", invalid,
        c->quantize_where(host->context, context, kept.act, x, wrong, &value));
    if (wrong != kept.act)
      row("context.quantize_where", "that as a site", invalid,
          c->quantize_where(host->context, context, wrong, x, mask, &value));
    if (wrong != kept.act)
      row("context.quantize", "that as a site", invalid,
          c->quantize(host->context, context, wrong, x, &value));
    if (wrong != kept.root)
      row("context.forward", "that as a child", invalid, run_child(context, wrong, "forward", x, 1));
  }
}

static void where_rows(vernier_context context, vernier_value x, vernier_value ids) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  static const int64_t three[1] = {3}, whole[2] = {2, 4}, more[3] = {2, 4, 1};
  vernier_value value = 0, other = 0;
  give(context, "whole", VERNIER_DTYPE_BOOL, 8, whole, 2, first_row, &other);
  row("context.quantize_where", "each element", VERNIER_OK,
      c->quantize_where(host->context, context, kept.act, x, other, &value));
  give(context, "more", VERNIER_DTYPE_BOOL, 8, more, 3, first_row, &other);
  row("context.quantize_where", "more axes than the tensor", wrong,
      c->quantize_where(host->context, context, kept.act, x, other, &value));
  give(context, "three", VERNIER_DTYPE_BOOL, 8, three, 1, first_row, &other);
  row("context.quantize_where", "other rows", wrong,
      c->quantize_where(host->context, context, kept.act, x, other, &value));
  give(context, "none", VERNIER_DTYPE_BOOL, 8, NULL, 0, first_row, &other);
  row("context.quantize_where", "no axes", wrong,
      c->quantize_where(host->context, context, kept.act, x, other, &value));
  row("context.quantize_where", "rows of integers", wrong,
      c->quantize_where(host->context, context, kept.act, x, ids, &value));
  row("context.quantize_where", "integers", wrong,
      c->quantize_where(host->context, context, kept.act, ids, mask, &value));
  row("context.quantize_where", "a site of a child", wrong,
      c->quantize_where(host->context, context, kept.leaf_site, x, mask, &value));
  row("context.quantize_where", "null result", wrong,
      c->quantize_where(host->context, context, kept.act, x, mask, NULL));
}

void context_rows(vernier_context context, const vernier_value* inputs) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_value x = inputs[0], ids = inputs[1];
  running now;
  vernier_value value = 0;
  int64_t dims[8];
  uint64_t rank = 0, count = 0;
  c = interface(VERNIER_CONTEXT);
  ops = interface(VERNIER_OPS);
  now.context = context;
  now.inputs = inputs;
  give(context, "mask", VERNIER_DTYPE_BOOL, 8, two, 1, first_row, &mask);
  all_rows(context, x, "a good one", VERNIER_OK);
  where_rows(context, x, ids);
  all_rows(0, x, "the null handle as context", VERNIER_INVALID_HANDLE);
  all_rows(INVENTED(5), x, "an invented context", VERNIER_INVALID_HANDLE);
  all_rows(x, x, "a value as context", VERNIER_INVALID_HANDLE);
  on_another_thread(&from_another_thread, &now);
  handle_rows(context, x);
  table_rows(context);
  row("context.quantize", "a tied site", VERNIER_OK,
      c->quantize(host->context, context, kept.tied, x, &value));
  row("context.quantize", "a site of a child", wrong,
      c->quantize(host->context, context, kept.leaf_site, x, &value));
  row("context.quantize", "integers", wrong, c->quantize(host->context, context, kept.act, ids, &value));
  row("context.quantize", "null result", wrong, c->quantize(host->context, context, kept.act, x, NULL));
  row("context.weight", "null result", wrong, c->weight(host->context, context, kept.weight, NULL));
  row("context.forward", "not a child", wrong, run_child(context, kept.root, "forward", x, 1));
  row("context.forward", "no such entry", wrong, run_child(context, kept.leaf, "backward", x, 1));
  row("context.forward", "two outputs, room for one", VERNIER_OUT_OF_RANGE,
      run_child(context, kept.leaf, "two", x, 1));
  row("context.forward", "two outputs, room for two", VERNIER_OK, run_child(context, kept.leaf, "two", x, 2));
  row("context.forward", "what the child returns", VERNIER_UNIMPLEMENTED,
      run_child(context, kept.failing, "forward", x, 1));
  run_child(context, kept.leaf, "forward", x, 1);
  row("context.shape", "a value that a child made for itself", VERNIER_OK,
      c->shape(host->context, context, kept.inner, dims, 8, &rank));
  row("context.shape", "a value of a child that failed", VERNIER_INVALID_HANDLE,
      c->shape(host->context, context, kept.failed, dims, 8, &rank));
  row("context.forward", "null inputs", wrong,
      c->forward(host->context, context, kept.leaf, text("forward"), NULL, 1, &value, 1, &count));
  row("context.forward", "null outputs", wrong,
      c->forward(host->context, context, kept.leaf, text("forward"), &x, 1, NULL, 1, &count));
  row("context.forward", "null count", wrong,
      c->forward(host->context, context, kept.leaf, text("forward"), &x, 1, &value, 1, NULL));
  row("context.shape", "room for one of two", VERNIER_OUT_OF_RANGE,
      c->shape(host->context, context, x, dims, 1, &rank));
  row("context.shape", "null dims", wrong, c->shape(host->context, context, x, NULL, 8, &rank));
  row("context.shape", "null rank", wrong, c->shape(host->context, context, x, dims, 8, NULL));
  row("context.dtype", "null result", wrong, c->dtype(host->context, context, x, NULL));
}

static vernier_argument value_of(uint64_t handle) {
  vernier_argument argument;
  memset(&argument, 0, sizeof argument);
  argument.kind = VERNIER_ARGUMENT_VALUE;
  argument.as.handle = handle;
  return argument;
}

void ops_rows(vernier_context context, const vernier_value* inputs) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_string nothing = {NULL, 3};
  uint32_t add = 0, relu = 0, reshape = 0, embedding = 0, concat = 0;
  vernier_value result = 0, table = 0;
  void* h = host->context;
  row("ops.resolve", "add", VERNIER_OK, ops->resolve(h, text("add"), 1, &add));
  row("ops.resolve", "no such op", VERNIER_NOT_FOUND, ops->resolve(h, text("fft"), 1, &add));
  row("ops.resolve", "another version", VERNIER_NOT_FOUND, ops->resolve(h, text("add"), 2, &add));
  row("ops.resolve", "null name", wrong, ops->resolve(h, nothing, 1, &add));
  row("ops.resolve", "null result", wrong, ops->resolve(h, text("add"), 1, NULL));
  ops->resolve(h, text("relu"), 1, &relu);
  ops->resolve(h, text("reshape"), 1, &reshape);
  ops->resolve(h, text("embedding"), 1, &embedding);
  ops->resolve(h, text("concat"), 1, &concat);
  c->weight(h, context, kept.table, &table);

  vernier_argument two[2] = {value_of(inputs[0]), value_of(inputs[0])};
  row("ops.call", "no such id", VERNIER_NOT_FOUND, ops->call(h, context, 100000, two, 2, &result, 1));
  row("ops.call", "too few arguments", wrong, ops->call(h, context, add, two, 1, &result, 1));
  row("ops.call", "too many arguments", wrong, ops->call(h, context, relu, two, 2, &result, 1));
  row("ops.call", "two results", wrong, ops->call(h, context, add, two, 2, &result, 2));
  uint32_t topk = 0;
  ops->resolve(h, text("topk"), 1, &topk);
  vernier_argument of_topk[3] = {value_of(inputs[0]), two[0], two[0]};
  of_topk[1].kind = of_topk[2].kind = VERNIER_ARGUMENT_INTEGER;
  of_topk[1].as.integer = 1;
  of_topk[2].as.integer = 0;
  row("ops.call", "one result of two", wrong, ops->call(h, context, topk, of_topk, 3, &result, 1));
  row("ops.call", "null arguments", wrong, ops->call(h, context, add, NULL, 2, &result, 1));
  row("ops.call", "null result", wrong, ops->call(h, context, add, two, 2, NULL, 1));
  two[1].kind = VERNIER_ARGUMENT_INTEGER;
  row("ops.call", "an integer for a value", wrong, ops->call(h, context, add, two, 2, &result, 1));
  two[1].kind = VERNIER_ARGUMENT_NONE;
  row("ops.call", "none for a value", wrong, ops->call(h, context, add, two, 2, &result, 1));
  two[1] = value_of(table);
  row("ops.call", "shapes that do not fit", wrong, ops->call(h, context, add, two, 2, &result, 1));
  two[1] = value_of(INVENTED(1));
  row("ops.call", "an invented value", VERNIER_INVALID_HANDLE,
      ops->call(h, context, add, two, 2, &result, 1));
  two[1] = value_of(kept.act);
  row("ops.call", "a site for a value", VERNIER_INVALID_HANDLE,
      ops->call(h, context, add, two, 2, &result, 1));
  two[1].kind = VERNIER_ARGUMENT_INTEGERS;
  two[1].count = 2;
  two[1].as.integers = NULL;
  row("ops.call", "null integers", wrong, ops->call(h, context, reshape, two, 2, &result, 1));
  two[0].kind = VERNIER_ARGUMENT_VALUES;
  two[0].count = 2;
  two[0].as.handles = NULL;
  two[1].kind = VERNIER_ARGUMENT_INTEGER;
  row("ops.call", "null values", wrong, ops->call(h, context, concat, two, 2, &result, 1));
  vernier_argument rows[2] = {value_of(table), value_of(inputs[1])};
  row("ops.call", "rows of a table", VERNIER_OK, ops->call(h, context, embedding, rows, 2, &result, 1));
  rows[1] = value_of(inputs[0]);
  row("ops.call", "floats for indices", wrong, ops->call(h, context, embedding, rows, 2, &result, 1));
}
