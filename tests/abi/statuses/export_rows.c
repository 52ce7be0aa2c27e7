// vernier.graph/1, vernier.sink/1 and vernier.results/1.
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "statuses.h"

static const vernier_graph_interface* g;

// Each function with arguments that would be good, but for the graph.
static void all_rows(vernier_graph graph, const char* what, vernier_status wanted) {
  vernier_string words = {NULL, 0};
  const uint32_t* indices = NULL;
  const void* data = NULL;
  uint64_t count = 0, other = 0;
  vernier_graph_value value = {0};
  vernier_graph_node node = {0};
  vernier_argument argument;
  void* h = host->context;
  value.size = VERNIER_SIZE_UP_TO(vernier_graph_value, is_filled);
  node.size = VERNIER_SIZE_UP_TO(vernier_graph_node, reserved);
  row("graph.name", what, wanted, g->name(h, graph, &words));
  row("graph.counts", what, wanted, g->counts(h, graph, &count, &other));
  row("graph.inputs", what, wanted, g->inputs(h, graph, &indices, &count));
  row("graph.outputs", what, wanted, g->outputs(h, graph, &indices, &count));
  row("graph.value", what, wanted, g->value(h, graph, 0, &value));
  row("graph.node", what, wanted, g->node(h, graph, 0, &node));
  row("graph.message", what, wanted, g->message(h, graph, &data, &count));
  if (wanted == VERNIER_OK) return;
  row("graph.attribute", what, wanted, g->attribute(h, graph, 0, text("eps"), &argument));
  row("graph.graph_attribute", what, wanted, g->graph_attribute(h, graph, text("entry"), &argument));
  row("graph.read_constant", what, wanted, g->read_constant(h, graph, 0, 0, &other, 1));
}

static void* from_another_thread(void* graph) {
  all_rows(*(vernier_graph*)graph, "another thread", VERNIER_OK);
  return NULL;
}

void graph_rows(vernier_graph graph) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT, past = VERNIER_OUT_OF_RANGE;
  const vernier_string nothing = {NULL, 3};
  vernier_graph_value value = {0};
  vernier_graph_node node = {0};
  vernier_argument argument;
  uint64_t values = 0, nodes = 0, i = 0;
  unsigned char byte = 0;
  void* h = host->context;
  g = interface(VERNIER_GRAPH);
  value.size = VERNIER_SIZE_UP_TO(vernier_graph_value, is_filled);
  node.size = VERNIER_SIZE_UP_TO(vernier_graph_node, reserved);
  all_rows(graph, "a good one", VERNIER_OK);
  on_another_thread(&from_another_thread, &graph);
  all_rows(0, "the null handle", VERNIER_INVALID_HANDLE);
  all_rows(INVENTED(6), "an invented graph", VERNIER_INVALID_HANDLE);
  all_rows(kept.root, "a module", VERNIER_INVALID_HANDLE);
  all_rows(kept.context, "a context that ended", VERNIER_INVALID_HANDLE);
  g->counts(h, graph, &values, &nodes);
  row("graph.name", "null result", wrong, g->name(h, graph, NULL));
  row("graph.counts", "null result", wrong, g->counts(h, graph, NULL, &nodes));
  row("graph.inputs", "null result", wrong, g->inputs(h, graph, NULL, &i));
  row("graph.outputs", "null result", wrong, g->outputs(h, graph, NULL, &i));
  row("graph.message", "null result", wrong, g->message(h, graph, NULL, &i));
  row("graph.value", "null result", wrong, g->value(h, graph, 0, NULL));
  row("graph.node", "null result", wrong, g->node(h, graph, 0, NULL));
  row("graph.value", "past the end", past, g->value(h, graph, values, &value));
  row("graph.value", "far past the end", past, g->value(h, graph, UINT64_MAX, &value));
  row("graph.node", "past the end", past, g->node(h, graph, nodes, &node));
  row("graph.attribute", "past the end", past, g->attribute(h, graph, nodes, text("eps"), &argument));
  row("graph.attribute", "no such attribute", VERNIER_NOT_FOUND,
      g->attribute(h, graph, 0, text("eps"), &argument));
  row("graph.attribute", "null name", wrong, g->attribute(h, graph, 0, nothing, &argument));
  row("graph.attribute", "null result", wrong, g->attribute(h, graph, 0, text("eps"), NULL));
  row("graph.graph_attribute", "the entry", VERNIER_OK,
      g->graph_attribute(h, graph, text("entry"), &argument));
  row("graph.graph_attribute", "no such attribute", VERNIER_NOT_FOUND,
      g->graph_attribute(h, graph, text("eps"), &argument));
  row("graph.graph_attribute", "null name", wrong, g->graph_attribute(h, graph, nothing, &argument));
  row("graph.graph_attribute", "null result", wrong, g->graph_attribute(h, graph, text("entry"), NULL));
  row("graph.read_constant", "past the end", past, g->read_constant(h, graph, values, 0, &byte, 1));
  for (i = 0; i < values; ++i) {
    g->value(h, graph, i, &value);
    if (value.kind != VERNIER_GRAPH_CONSTANT) {
      row("graph.read_constant", "not a constant", wrong, g->read_constant(h, graph, i, 0, &byte, 1));
      continue;
    }
    const uint64_t bytes = value.constant_bytes;
    row("graph.read_constant", "the last byte", VERNIER_OK,
        g->read_constant(h, graph, i, bytes - 1, &byte, 1));
    row("graph.read_constant", "a byte past it", past, g->read_constant(h, graph, i, bytes, &byte, 1));
    row("graph.read_constant", "a range that wraps", past,
        g->read_constant(h, graph, i, 1, &byte, UINT64_MAX));
    row("graph.read_constant", "null destination", wrong, g->read_constant(h, graph, i, 0, NULL, 1));
  }
}

// Sets the soft limit of a resource; returns what it was.
static rlim_t limit(int resource, rlim_t value) {
  struct rlimit now;
  getrlimit(resource, &now);
  const rlim_t before = now.rlim_cur;
  now.rlim_cur = value;
  setrlimit(resource, &now);
  return before;
}

void sink_rows(vernier_sink sink, vernier_graph graph) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT, invalid = VERNIER_INVALID_HANDLE;
  const vernier_string nothing = {NULL, 3};
  const vernier_sink_interface* s = interface(VERNIER_SINK);
  const uint64_t strangers[] = {0, INVENTED(7), graph, kept.root};
  static const char bytes[4096] = {0};
  vernier_sink companion = 0, other = 0;
  vernier_string name = {NULL, 0};
  void* h = host->context;
  row("sink.write", "a good one", VERNIER_OK, s->write(h, sink, bytes, 5));
  row("sink.write", "nothing", VERNIER_OK, s->write(h, sink, NULL, 0));
  row("sink.write", "null data", wrong, s->write(h, sink, NULL, 1));
  row("sink.companion", "a good one", VERNIER_OK, s->companion(h, sink, text(".data"), &companion, &name));
  row("sink.write", "a companion", VERNIER_OK, s->write(h, companion, bytes, 7));
  row("sink.companion", "of a companion", wrong, s->companion(h, companion, text(".more"), &other, &name));
  row("sink.companion", "taken", wrong, s->companion(h, sink, text(".data"), &other, &name));
  row("sink.companion", "a slash", wrong, s->companion(h, sink, text(".x/../y"), &other, &name));
  row("sink.companion", "null suffix", wrong, s->companion(h, sink, nothing, &other, &name));
  row("sink.companion", "null result", wrong, s->companion(h, sink, text(".a"), NULL, &name));
  row("sink.companion", "null name", wrong, s->companion(h, sink, text(".b"), &other, NULL));
  for (int i = 0; i < 4; ++i) {
    row("sink.write", "a stranger", invalid, s->write(h, strangers[i], bytes, 1));
    row("sink.companion", "a stranger", invalid, s->companion(h, strangers[i], text(".c"), &other, &name));
  }
  struct sigaction ignore, before;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &before);
  const rlim_t size = limit(RLIMIT_FSIZE, 16);
  const vernier_status full = s->write(h, sink, bytes, sizeof bytes);
  limit(RLIMIT_FSIZE, size);
  sigaction(SIGXFSZ, &before, NULL);
  row("sink.write", "a full disk", VERNIER_DATA_LOSS, full);
  const rlim_t files = limit(RLIMIT_NOFILE, 0);
  const vernier_status none = s->companion(h, sink, text(".d"), &other, &name);
  limit(RLIMIT_NOFILE, files);
  row("sink.companion", "a file that cannot be made", VERNIER_DATA_LOSS, none);
}

void results_rows(vernier_results results, const vernier_graph_value* output) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT, invalid = VERNIER_INVALID_HANDLE;
  const vernier_results_interface* r = interface(VERNIER_RESULTS);
  static const float zeros[8];
  static const float scale[1] = {0};
  static const int32_t zero_point[1] = {0};
  const uint64_t between = VERNIER_RESULTS_INTERMEDIATE;
  vernier_graph_value bad = *output;
  void* h = host->context;
  row("results.put", "the null handle", invalid, r->put(h, 0, 0, output, zeros, sizeof zeros));
  row("results.put", "an invented handle", invalid, r->put(h, INVENTED(8), 0, output, zeros, sizeof zeros));
  row("results.put", "a module", invalid, r->put(h, kept.root, 0, output, zeros, sizeof zeros));
  row("results.put", "a graph that was exported", invalid,
      r->put(h, kept.graph, 0, output, zeros, sizeof zeros));
  row("results.put", "no such output", VERNIER_OUT_OF_RANGE,
      r->put(h, results, 1, output, zeros, sizeof zeros));
  row("results.put", "a byte too few", wrong, r->put(h, results, between, output, zeros, sizeof zeros - 1));
  row("results.put", "null description", wrong, r->put(h, results, between, NULL, zeros, sizeof zeros));
  row("results.put", "null data", wrong, r->put(h, results, between, output, NULL, sizeof zeros));
  bad.scale = scale;
  bad.zero_point = zero_point;
  bad.qparam_count = 1;
  row("results.put", "qparams of floats", wrong, r->put(h, results, between, &bad, zeros, sizeof zeros));
  bad = *output;
  bad.name.data = NULL;
  row("results.put", "null name", wrong, r->put(h, results, between, &bad, zeros, sizeof zeros));
  bad = *output;
  bad.rank = UINT64_MAX;
  row("results.put", "an absurd rank", wrong, r->put(h, results, between, &bad, zeros, sizeof zeros));
}
