// A captured graph: nodes in execution order, values with shapes and qparams, constants by reference.
//
// The same content travels as a FlatBuffers message (graph.fbs, `message`) for replay and other processes;
// these accessors read that message, so a plugin in any language needs no FlatBuffers.
#ifndef VERNIER_ABI_GRAPH_H
#define VERNIER_ABI_GRAPH_H

#include <stdint.h>

#include "dtype.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_GRAPH "vernier.graph/1"

#define VERNIER_GRAPH_INPUT ((uint32_t)0)         // the caller of the exported file passes it
#define VERNIER_GRAPH_CONSTANT ((uint32_t)1)      // bytes come from `read_constant`
#define VERNIER_GRAPH_INTERMEDIATE ((uint32_t)2)  // produced by exactly one node

// The node index of an absent optional input.
#define VERNIER_GRAPH_NO_VALUE ((uint32_t)0xffffffff)

// Pointers: host-owned, valid as long as the graph. The caller sets `size`; the host fills no further.
typedef struct vernier_graph_value {
  uint64_t size;
  vernier_string name;  // unique in the graph
  const int64_t* shape;
  uint64_t rank;
  vernier_dtype dtype;        // of the codes where quantized, else of the values
  uint32_t kind;              // VERNIER_GRAPH_INPUT, _CONSTANT, _INTERMEDIATE
  const float* scale;         // `qparam_count` entries; null where the value is not quantized
  const int32_t* zero_point;  // likewise
  uint64_t qparam_count;      // 0: not quantized; 1: per tensor; else one per index of `axis`
  int64_t axis;               // -1 per tensor
  uint64_t constant_bytes;    // length of a constant's data, packed as vernier_dtype says; else 0
  uint64_t is_filled;    // 1: a constant that no checkpoint holds under this name (a wrapper's own number, a
                         // second form of another constant). Since ABI 1.1
  uint64_t constant_id;  // of a constant of a set of graphs (backend.h): constants of one id have the same
                         // bytes in all graphs of the call; 0: not known to be equal to any. Since ABI 1.2
  // The shape over which one scale holds (qparams.h), `rank` extents; null where the value is not quantized,
  // and from an executor: `axis` says it. With a block that `axis` cannot say, such as {1, 32}, `axis` is -1
  // and `qparam_count` the number of blocks; only a backend whose manifest has "blocks" gets one. Since ABI
  // 1.2
  const int64_t* block;
  // `rank` names: of the open extent that an axis has, which the caller of the file chooses; empty where the
  // axis is fixed. `shape` then has the extents of one sample. Null where no axis is open, which is all that
  // a backend gets whose manifest has no "open_extents". Since ABI 1.2
  const vernier_string* extents;
} vernier_graph_value;

VERNIER_FREEZE_SLOT(vernier_graph_value, name, 1);
VERNIER_FREEZE_SLOT(vernier_graph_value, shape, 3);
VERNIER_FREEZE_SLOT(vernier_graph_value, dtype, 5);
VERNIER_FREEZE_SLOT(vernier_graph_value, scale, 6);
VERNIER_FREEZE_SLOT(vernier_graph_value, qparam_count, 8);
VERNIER_FREEZE_SLOT(vernier_graph_value, axis, 9);
VERNIER_FREEZE_SLOT(vernier_graph_value, constant_bytes, 10);
VERNIER_FREEZE_SLOT(vernier_graph_value, is_filled, 11);
VERNIER_FREEZE_SLOT(vernier_graph_value, constant_id, 12);
VERNIER_FREEZE_SLOT(vernier_graph_value, block, 13);
VERNIER_FREEZE_SLOT(vernier_graph_value, extents, 14);

// `op` is a name of ops.h, or "quantize" (float in, codes out), "requantize" (codes to other qparams),
// "dequantize".
typedef struct vernier_graph_node {
  uint64_t size;
  vernier_string op;
  vernier_string module;   // path of the module that called the op
  const uint32_t* inputs;  // value indices, in the op's argument order; VERNIER_GRAPH_NO_VALUE where absent
  uint64_t input_count;
  const uint32_t* outputs;
  uint64_t output_count;
  uint64_t attribute_count;
  uint32_t op_version;
  uint32_t reserved;
} vernier_graph_node;

VERNIER_FREEZE_SLOT(vernier_graph_node, op, 1);
VERNIER_FREEZE_SLOT(vernier_graph_node, module, 3);
VERNIER_FREEZE_SLOT(vernier_graph_node, inputs, 5);
VERNIER_FREEZE_SLOT(vernier_graph_node, outputs, 7);
VERNIER_FREEZE_SLOT(vernier_graph_node, attribute_count, 9);
VERNIER_FREEZE_SLOT(vernier_graph_node, op_version, 10);

// All: VERNIER_INVALID_HANDLE.
typedef struct vernier_graph_interface {
  uint64_t size;
  // The name of the module and entry that were captured: "model.embed_vision:forward". [any
  // thread & exporting]
  vernier_status (*name)(void* host, vernier_graph graph, vernier_string* name);
  // [any thread & exporting]
  vernier_status (*counts)(void* host, vernier_graph graph, uint64_t* values, uint64_t* nodes);
  // Value indices in call order; host-owned, valid as long as the graph. [any thread & exporting]
  vernier_status (*inputs)(void* host, vernier_graph graph, const uint32_t** indices, uint64_t* count);
  // Likewise. [any thread & exporting]
  vernier_status (*outputs)(void* host, vernier_graph graph, const uint32_t** indices, uint64_t* count);
  // VERNIER_OUT_OF_RANGE: an index past the end. [any thread & exporting]
  vernier_status (*value)(void* host, vernier_graph graph, uint64_t index, vernier_graph_value* result);
  // VERNIER_OUT_OF_RANGE: an index past the end. [any thread & exporting]
  vernier_status (*node)(void* host, vernier_graph graph, uint64_t index, vernier_graph_node* result);
  // Attribute of a node by name ("eps", "axes", …): INTEGER, NUMBER, INTEGERS or TEXT. VERNIER_NOT_FOUND:
  // an answer, not a failure; VERNIER_OUT_OF_RANGE: a node past the end. [any thread & exporting]
  vernier_status (*attribute)(void* host, vernier_graph graph, uint64_t node, vernier_string name,
                              vernier_argument* result);
  // Copies bytes [offset, offset + length) of a constant to `destination`. VERNIER_INVALID_ARGUMENT: not a
  // constant; VERNIER_OUT_OF_RANGE: a value past the end, bytes past the constant's end. [any thread &
  // exporting]
  vernier_status (*read_constant)(void* host, vernier_graph graph, uint64_t value, uint64_t offset,
                                  void* destination, uint64_t length);
  // The FlatBuffers message; host-owned, valid as long as the graph. [any thread & exporting]
  vernier_status (*message)(void* host, vernier_graph graph, const void** data, uint64_t* length);
  // What belongs to the whole graph, by name, as `attribute`. All are TEXT so far: "module" and "type" of the
  // module that was captured, its "entry", its "config" as its wrapper got it, and "model_config", the
  // checkpoint's config.json; both JSON. VERNIER_NOT_FOUND: an answer, not a failure. Since ABI 1.2 [any
  // thread & exporting]
  vernier_status (*graph_attribute)(void* host, vernier_graph graph, vernier_string name,
                                    vernier_argument* result);
} vernier_graph_interface;

VERNIER_FREEZE_SLOT(vernier_graph_interface, name, 1);
VERNIER_FREEZE_SLOT(vernier_graph_interface, counts, 2);
VERNIER_FREEZE_SLOT(vernier_graph_interface, inputs, 3);
VERNIER_FREEZE_SLOT(vernier_graph_interface, outputs, 4);
VERNIER_FREEZE_SLOT(vernier_graph_interface, value, 5);
VERNIER_FREEZE_SLOT(vernier_graph_interface, node, 6);
VERNIER_FREEZE_SLOT(vernier_graph_interface, attribute, 7);
VERNIER_FREEZE_SLOT(vernier_graph_interface, read_constant, 8);
VERNIER_FREEZE_SLOT(vernier_graph_interface, message, 9);
VERNIER_FREEZE_SLOT(vernier_graph_interface, graph_attribute, 10);

#endif
