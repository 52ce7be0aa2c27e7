// A plugin in C11 that drives each function of the host into each status that its header promises, and logs
// what came back: one line "STATUS<tab>function<tab>case<tab>wanted<tab>got" a case.
// tests/abi/status_test.cpp reads them.
#ifndef STATUSES_H
#define STATUSES_H

#include <vernier/abi/backend.h>
#include <vernier/abi/context.h>
#include <vernier/abi/entry.h>
#include <vernier/abi/executor.h>
#include <vernier/abi/graph.h>
#include <vernier/abi/json.h>
#include <vernier/abi/kernels.h>
#include <vernier/abi/module.h>
#include <vernier/abi/observer.h>
#include <vernier/abi/ops.h>
#include <vernier/abi/results.h>
#include <vernier/abi/sink.h>
#include <vernier/abi/wrapper.h>

#define INVENTED(kind) ((uint64_t)(kind) << 56 | (uint64_t)0x123456 << 32 | 77)

extern const vernier_host* host;

vernier_string text(const char* words);
const void* interface(const char* id);
void row(const char* function, const char* what, vernier_status wanted, vernier_status got);
// Runs `work(argument)` on a thread of its own and waits for it.
void on_another_thread(void* (*work)(void*), void* argument);

// Handles that outlive the call which received them, for misuse.
typedef struct kept_handles {
  vernier_module root, leaf, failing;
  vernier_site act, tied, leaf_site;
  vernier_parameter weight, table;
  vernier_context context;
  vernier_value inner, failed;  // that a child made and did not hand on; the second's call failed
  vernier_graph graph;
  vernier_results results;
} kept_handles;
extern kept_handles kept;

void json_rows(void);
vernier_status module_rows(vernier_module module);
void context_rows(vernier_context context, const vernier_value* inputs);
void ops_rows(vernier_context context, const vernier_value* inputs);
void kernel_rows(void);
void graph_rows(vernier_graph graph);
void sink_rows(vernier_sink sink, vernier_graph graph);
void results_rows(vernier_results results, const vernier_graph_value* output);

#endif
