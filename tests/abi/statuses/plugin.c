#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statuses.h"

const vernier_host* host;
kept_handles kept;

vernier_string text(const char* words) {
  const vernier_string result = {words, strlen(words)};
  return result;
}

const void* interface(const char* id) { return host->get_interface(host->context, text(id)); }

void row(const char* function, const char* what, vernier_status wanted, vernier_status got) {
  char line[256];
  snprintf(line, sizeof line, "STATUS\t%s\t%s\t%d\t%d", function, what, (int)wanted, (int)got);
  host->log(host->context, VERNIER_LOG_DEBUG, text(line));
}

void on_another_thread(void* (*work)(void*), void* argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, argument) == 0) pthread_join(thread, NULL);
}

static vernier_status initialize(const vernier_host* given) {
  host = given;
  return VERNIER_OK;
}

// The root: drives the module interface when it is created, the context's and the ops' when it runs.
static vernier_status create_root(const vernier_host* given, vernier_module module, void** instance) {
  (void)given;
  *instance = NULL;
  row("host.fail", "OK is no failure", VERNIER_INTERNAL, host->fail(host->context, VERNIER_OK, text("x")));
  row("host.fail", "the code comes back", VERNIER_NOT_FOUND,
      host->fail(host->context, VERNIER_NOT_FOUND, text("x")));
  json_rows();
  return module_rows(module);
}

static vernier_status run_root(void* instance, vernier_context context, vernier_string entry,
                               const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                               uint64_t capacity, uint64_t* count) {
  static int runs = 0;
  (void)instance, (void)entry, (void)input_count, (void)capacity;
  const vernier_context_interface* c = interface(VERNIER_CONTEXT);
  const vernier_ops_interface* ops = interface(VERNIER_OPS);
  vernier_value value = 0;
  // In every run, because a forward calls the same each time.
  context_rows(context, inputs);
  ops_rows(context, inputs);
  if (runs++ > 0) {
    row("context.quantize", "the context of an earlier forward", VERNIER_INVALID_HANDLE,
        c->quantize(host->context, kept.context, kept.act, inputs[0], &value));
  }
  kept.context = context;

  uint32_t add = 0;
  uint64_t outputs_of_leaf = 0;
  vernier_value weight = 0, sum = 0, x = 0;
  vernier_status status =
      c->forward(host->context, context, kept.leaf, text("forward"), inputs, 1, &x, 1, &outputs_of_leaf);
  if (status == VERNIER_OK) status = ops->resolve(host->context, text("add"), 1, &add);
  if (status == VERNIER_OK) status = c->weight(host->context, context, kept.weight, &weight);
  vernier_argument arguments[2];
  memset(arguments, 0, sizeof arguments);
  arguments[0].kind = arguments[1].kind = VERNIER_ARGUMENT_VALUE;
  arguments[0].as.handle = x;
  arguments[1].as.handle = weight;
  if (status == VERNIER_OK) status = ops->call(host->context, context, add, arguments, 2, &sum, 1);
  if (status == VERNIER_OK) status = c->quantize(host->context, context, kept.act, sum, outputs);
  *count = 1;
  return status;
}

static void destroy_nothing(void* instance) { (void)instance; }

static const vernier_wrapper root = {VERNIER_SIZE_UP_TO(vernier_wrapper, forward), &create_root,
                                     &destroy_nothing, &run_root};

typedef struct leaf_instance {
  int64_t failure;
  vernier_site site;
} leaf_instance;

// A child that fails as its config says: {"create": status} or {"forward": status}, or nests itself: {"deep":
// 1}.
static vernier_status create_leaf(const vernier_host* given, vernier_module module, void** instance) {
  const vernier_module_interface* m = interface(VERNIER_MODULE);
  const vernier_json_interface* json = interface(VERNIER_JSON);
  vernier_string config = {NULL, 0};
  int64_t number = 0;
  (void)given;
  vernier_status status = m->config(host->context, module, &config);
  if (status != VERNIER_OK) return status;
  if (json->integer(host->context, config, text("/deep"), &number) == VERNIER_OK) {
    vernier_module deeper = 0;
    return m->child(host->context, module, text("again"), text("StatusLeaf"), config, &deeper);
  }
  row("module.path", "a module around the one that is created", VERNIER_INVALID_HANDLE,
      m->path(host->context, kept.root, &config));
  leaf_instance made = {0, 0};
  vernier_site_declaration site;
  memset(&site, 0, sizeof site);
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, observer);
  site.name = text("leaf_site");
  if (json->integer(host->context, config, text("/forward"), &made.failure) != VERNIER_OK)
    status = m->site(host->context, module, &site, &made.site);
  if (json->integer(host->context, config, text("/create"), &number) == VERNIER_OK)
    return (vernier_status)number;
  if (kept.leaf_site == 0) kept.leaf_site = made.site;
  *instance = malloc(sizeof made);
  memcpy(*instance, &made, sizeof made);
  return status;
}

static vernier_value relu_of(vernier_context context, vernier_value x) {
  const vernier_ops_interface* ops = interface(VERNIER_OPS);
  vernier_argument argument;
  vernier_value result = 0;
  uint32_t relu = 0;
  memset(&argument, 0, sizeof argument);
  argument.kind = VERNIER_ARGUMENT_VALUE;
  argument.as.handle = x;
  ops->resolve(host->context, text("relu"), 1, &relu);
  ops->call(host->context, context, relu, &argument, 1, &result, 1);
  return result;
}

static vernier_status run_leaf(void* instance, vernier_context context, vernier_string entry,
                               const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                               uint64_t capacity, uint64_t* count) {
  const vernier_context_interface* c = interface(VERNIER_CONTEXT);
  const leaf_instance* self = instance;
  if (self->failure != 0) {
    kept.failed = relu_of(context, inputs[0]);
    return (vernier_status)self->failure;
  }
  if (entry.length == 3 && memcmp(entry.data, "two", 3) == 0 && capacity >= 2) {
    outputs[0] = outputs[1] = inputs[0];
    *count = 2;
    return VERNIER_OK;
  }
  if (entry.length != 7 || input_count != 1)
    return host->fail(host->context, VERNIER_INVALID_ARGUMENT, text("no such entry"));
  *count = 1;
  kept.inner = relu_of(context, inputs[0]);
  return c->quantize(host->context, context, self->site, inputs[0], outputs);
}

static const vernier_wrapper leaf = {VERNIER_SIZE_UP_TO(vernier_wrapper, forward), &create_leaf, &free,
                                     &run_leaf};

// One scale of 1/8 for all.
static vernier_status create_observer(const vernier_host* given, const vernier_spec* spec,
                                      vernier_string options, void** instance) {
  (void)given, (void)spec, (void)options;
  *instance = NULL;
  return VERNIER_OK;
}
static vernier_status reset(void* instance) {
  (void)instance;
  return VERNIER_OK;
}
static vernier_status collect(void* instance, const vernier_tensor* x) {
  static int done = 0;
  (void)instance, (void)x;
  if (!done++) kernel_rows();
  return VERNIER_OK;
}
static vernier_status qparams(void* instance, vernier_qparams* result) {
  (void)instance;
  for (uint64_t i = 0; i < result->count; ++i) {
    result->scale[i] = 0.125f;
    result->zero_point[i] = 128;
  }
  return VERNIER_OK;
}
static const vernier_observer observer = {VERNIER_SIZE_UP_TO(vernier_observer, load),
                                          &create_observer,
                                          &destroy_nothing,
                                          &reset,
                                          &collect,
                                          &qparams,
                                          NULL,
                                          NULL};

static vernier_status write_file(const vernier_host* given, vernier_string options, vernier_graph graph,
                                 vernier_sink sink) {
  (void)given, (void)options;
  const vernier_sink_interface* files = interface(VERNIER_SINK);
  const vernier_status begun = files->write(host->context, sink, "begun", 5);
  if (begun != VERNIER_OK) return begun;  // the host only tries whether the backend takes the graph
  kept.graph = graph;
  graph_rows(graph);
  sink_rows(sink, graph);
  return VERNIER_OK;
}
static const vernier_backend backend = {.size = VERNIER_SIZE_UP_TO(vernier_backend, write),
                                        .write = &write_file};

// A file with the inputs of the wrapper and one output of zeros.
static const int64_t shape_24[] = {2, 4}, shape_2[] = {2};
static void describe_tensor(vernier_graph_value* result, const char* name, const int64_t* shape,
                            uint64_t rank, vernier_dtype dtype) {
  result->name = text(name);
  result->shape = shape;
  result->rank = rank;
  result->dtype = dtype;
  result->scale = NULL;
  result->zero_point = NULL;
  result->qparam_count = 0;
  result->axis = -1;
}
static const vernier_dtype float32 = {VERNIER_DTYPE_FLOAT, 32, 1}, int32 = {VERNIER_DTYPE_INT, 32, 1};

static vernier_status open_file(const vernier_host* given, vernier_string options, vernier_string path,
                                void** instance) {
  (void)given, (void)options, (void)path;
  *instance = NULL;
  return VERNIER_OK;
}
static vernier_status counts(void* instance, uint64_t* inputs, uint64_t* outputs) {
  (void)instance;
  *inputs = 2;
  *outputs = 1;
  return VERNIER_OK;
}
static vernier_status describe(void* instance, uint32_t direction, uint64_t index,
                               vernier_graph_value* result) {
  static const char* const names[] = {"x", "ids"};
  (void)instance;
  if (direction == VERNIER_EXECUTOR_OUTPUTS)
    describe_tensor(result, "y", shape_24, 2, float32);
  else if (index < 1)
    describe_tensor(result, names[index], shape_24, 2, float32);
  else
    describe_tensor(result, names[index], shape_2, 1, int32);
  return VERNIER_OK;
}
static vernier_status run_file(void* instance, const vernier_tensor* inputs, uint64_t input_count,
                               uint32_t flags, vernier_results results) {
  static const float zeros[8];
  (void)instance, (void)inputs, (void)input_count, (void)flags;
  const vernier_results_interface* table = interface(VERNIER_RESULTS);
  vernier_graph_value output;
  memset(&output, 0, sizeof output);
  output.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_bytes);
  describe_tensor(&output, "y", shape_24, 2, float32);
  if (kept.results == 0)
    results_rows(results, &output);
  else
    row("results.put", "the results of an earlier run", VERNIER_INVALID_HANDLE,
        table->put(host->context, kept.results, 0, &output, zeros, sizeof zeros));
  kept.results = results;
  const vernier_status status = table->put(host->context, results, 0, &output, zeros, sizeof zeros);
  row("results.put", "put already", VERNIER_INVALID_ARGUMENT,
      table->put(host->context, results, 0, &output, zeros, sizeof zeros));
  return status;
}
static const vernier_executor executor = {
    VERNIER_SIZE_UP_TO(vernier_executor, run), &open_file, &destroy_nothing, &counts, &describe, &run_file};

static int is(vernier_string name, const char* words) {
  return name.length == strlen(words) && memcmp(name.data, words, strlen(words)) == 0;
}

static const void* component(vernier_string kind, vernier_string name) {
  if (is(kind, VERNIER_WRAPPER)) return is(name, "leaf") ? &leaf : &root;
  if (is(kind, VERNIER_OBSERVER)) return &observer;
  if (is(kind, VERNIER_BACKEND)) return &backend;
  return is(kind, VERNIER_EXECUTOR) ? &executor : NULL;
}

VERNIER_EXPORT const vernier_entry vernier_plugin_entry_v1 = {VERNIER_SIZE_UP_TO(vernier_entry, shutdown),
                                                              &initialize, &component, NULL};
