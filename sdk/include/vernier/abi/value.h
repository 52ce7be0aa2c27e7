// Handles and packed arguments.
//
// A handle names something that the host owns. It carries an index, a generation and a kind; the host checks
// all three at each use, so a stale, foreign or invented handle is VERNIER_INVALID_HANDLE and never a crash.
// 0 is never a valid handle.
#ifndef VERNIER_ABI_VALUE_H
#define VERNIER_ABI_VALUE_H

#include <stdint.h>

#include "size.h"
#include "string.h"

// A tensor in a running forward; lives until the outermost forward returns, or the call of a child fails that
// made it.
typedef uint64_t vernier_value;
typedef uint64_t vernier_module;     // a node of the module tree; lives as long as the tree
typedef uint64_t vernier_parameter;  // a declared parameter; lives as long as the tree
typedef uint64_t vernier_site;       // a declared site; lives as long as the tree
typedef uint64_t vernier_context;    // one running forward; lives until it returns
typedef uint64_t vernier_graph;      // a captured graph; lives until the backend's write returns
typedef uint64_t vernier_sink;       // an output file; lives until the backend's write returns
typedef uint64_t vernier_results;    // where an executor's tensors go; lives until its run returns

#define VERNIER_NULL_HANDLE ((uint64_t)0)

// Kinds of an argument; ops.h says which one an op expects.
#define VERNIER_ARGUMENT_NONE ((uint32_t)0)      // an absent optional argument
#define VERNIER_ARGUMENT_VALUE ((uint32_t)1)     // as.handle
#define VERNIER_ARGUMENT_INTEGER ((uint32_t)2)   // as.integer
#define VERNIER_ARGUMENT_NUMBER ((uint32_t)3)    // as.number
#define VERNIER_ARGUMENT_INTEGERS ((uint32_t)4)  // as.integers[0 .. count)
#define VERNIER_ARGUMENT_VALUES ((uint32_t)5)    // as.handles[0 .. count)
#define VERNIER_ARGUMENT_TEXT ((uint32_t)6)      // as.text[0 .. count), UTF-8

// One argument or attribute: 16 bytes. Pointers are the caller's and borrowed for the call.
typedef struct vernier_argument {
  uint32_t kind;
  uint32_t count;
  union {
    uint64_t handle;
    int64_t integer;
    double number;
    const int64_t* integers;
    const uint64_t* handles;
    const char* text;
  } as;
} vernier_argument;

VERNIER_STATIC_ASSERT(sizeof(vernier_argument) == 16, "vernier_argument is frozen");

#endif
