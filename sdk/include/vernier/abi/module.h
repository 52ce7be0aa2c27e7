// Declaring a module: parameters, sites, children. Only legal while a wrapper's `create` runs.
#ifndef VERNIER_ABI_MODULE_H
#define VERNIER_ABI_MODULE_H

#include <stdint.h>

#include "dtype.h"
#include "qparams.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_MODULE "vernier.module/1"

#define VERNIER_ROLE_ACTIVATION ((int32_t)0)
#define VERNIER_ROLE_WEIGHT ((int32_t)1)

// A point where a tensor is observed and quantized. What the wrapper leaves unset comes from the recipe's
// role default.
typedef struct vernier_site_declaration {
  uint64_t size;
  vernier_string name;  // unique within the module: "act_in", "act_out", "weight"
  int32_t role;         // VERNIER_ROLE_*
  vernier_dtype dtype;  // all zero: unset
  int32_t scheme;       // VERNIER_SCHEME_*
  int32_t granularity;  // VERNIER_GRANULARITY_*
  // Channel axis, read with VERNIER_GRANULARITY_CHANNEL only. Of a parameter's site a negative one counts
  // from the back; of others the rank is not known yet, and it must not be negative.
  int64_t axis;
  vernier_string observer;  // component name; empty: unset
  // With `has_range` 1: the values lie in [low, high] whatever the sample (a mask, a table, pixels). The
  // observer gets these two numbers once and no sample; NaN, an infinity and low > high are refused. Since
  // ABI 1.2
  double low;
  double high;
  uint32_t has_range;  // 0 or 1
  uint32_t reserved;   // 0
  // With VERNIER_GRANULARITY_BLOCK, which a weight's site alone may have: the block's extents along the last
  // `block_rank` axes; those before are 1. {32} and {1, 32} are 32 neighbours along the last axis. Borrowed
  // for the call. VERNIER_UNIMPLEMENTED: a block that this host cannot quantize; it can {…, 1, n}. Since ABI
  // 1.2
  const int64_t* block;
  uint64_t block_rank;
} vernier_site_declaration;

VERNIER_FREEZE_SLOT(vernier_site_declaration, name, 1);
VERNIER_FREEZE_SLOT(vernier_site_declaration, role, 3);
VERNIER_FREEZE_SLOT(vernier_site_declaration, scheme, 4);
VERNIER_FREEZE_SLOT(vernier_site_declaration, axis, 5);
VERNIER_FREEZE_SLOT(vernier_site_declaration, observer, 6);
VERNIER_FREEZE_SLOT(vernier_site_declaration, low, 8);
VERNIER_FREEZE_SLOT(vernier_site_declaration, high, 9);
VERNIER_FREEZE_SLOT(vernier_site_declaration, has_range, 10);
VERNIER_FREEZE_SLOT(vernier_site_declaration, block, 11);
VERNIER_FREEZE_SLOT(vernier_site_declaration, block_rank, 12);

#define VERNIER_PARAMETER_OPTIONAL \
  ((uint32_t)1)  // may be missing in the checkpoint: its handle is then VERNIER_NULL_HANDLE
#define VERNIER_PARAMETER_FILL ((uint32_t)2)  // not in the checkpoint: float32, every element is `fill`
#define VERNIER_PARAMETER_BIAS \
  ((uint32_t)4)  // no site: float in runs, exported as an integer with scale s_input * s_weight[i]

typedef struct vernier_parameter_declaration {
  uint64_t size;
  vernier_string name;   // the checkpoint tensor is "<module path>.<name>"
  const int64_t* shape;  // `rank` extents; -1 accepts any
  uint64_t rank;
  const vernier_site_declaration* site;  // role weight; null: the parameter stays float
  double fill;
  uint32_t flags;     // VERNIER_PARAMETER_*
  uint32_t reserved;  // 0
  // Where the elements come from if not from "<module path>.<name>"; read where the parameter is not filled.
  // Since ABI 1.2
  vernier_string tensor;  // the checkpoint tensor is "<module path>.<tensor>"; empty: `name`
  vernier_string
      alias;  // a whole key of the checkpoint, read where that one is absent: tied weights; empty: none
  // With `end` > 0: only indices [begin, end) of axis `axis` of that tensor, as of a fused one; `shape` is
  // the part's. Negative axes count from the back. A range of rows (axis 0) stays mapped, others are copied.
  int64_t axis;
  int64_t begin;
  int64_t end;
} vernier_parameter_declaration;

VERNIER_FREEZE_SLOT(vernier_parameter_declaration, name, 1);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, shape, 3);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, rank, 4);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, site, 5);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, fill, 6);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, flags, 7);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, tensor, 8);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, alias, 10);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, axis, 12);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, begin, 13);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, end, 14);

// All: VERNIER_INVALID_HANDLE for a module that is not being created; VERNIER_FAILED_PRECONDITION on another
// thread than the one that runs the wrapper's `create`.
typedef struct vernier_module_interface {
  uint64_t size;
  // The module's config as JSON text (json.h reads it); host-owned, valid as long as the tree. [main
  // thread & creating]
  vernier_status (*config)(void* host, vernier_module module, vernier_string* json);
  // Path in the checkpoint, e.g. "model.embed_vision"; lifetime as `config`. [main thread & creating]
  vernier_status (*path)(void* host, vernier_module module, vernier_string* path);
  // Declares and binds a parameter. VERNIER_NOT_FOUND: no such tensor, nor its alias;
  // VERNIER_INVALID_ARGUMENT: another shape, a dtype that is not float, an empty or duplicate name of it or
  // its site, a filled one with an open extent, a part that is empty or beyond its tensor, a range of the
  // site that is none; VERNIER_UNIMPLEMENTED: blocks of its site that this host cannot quantize. [main thread
  // & creating]
  vernier_status (*parameter)(void* host, vernier_module module,
                              const vernier_parameter_declaration* declaration, vernier_parameter* result);
  // Declares a site of either role: for activations, or for constants that the forward makes of parameters
  // and tables (context.h). VERNIER_INVALID_ARGUMENT: an empty or duplicate name, a range that is none;
  // VERNIER_UNIMPLEMENTED: blocks that this host cannot quantize. [main thread & creating]
  vernier_status (*site)(void* host, vernier_module module, const vernier_site_declaration* declaration,
                         vernier_site* result);
  // Declares a child of `type` at "<module path>.<name>" and creates its wrapper. `config` is JSON text.
  // VERNIER_NOT_FOUND: no wrapper for the type; VERNIER_INVALID_ARGUMENT: an empty or duplicate name, a
  // config that is not JSON, more than 64 levels; else what the child's `create` returned. A caller may go on
  // without a child that failed. [main thread & creating]
  vernier_status (*child)(void* host, vernier_module module, vernier_string name, vernier_string type,
                          vernier_string config, vernier_module* result);
  // The one element of the checkpoint's "<module path>.<name>" (a clip bound, a static scale); it becomes
  // part of the graph as a number. VERNIER_NOT_FOUND: no such tensor; VERNIER_INVALID_ARGUMENT: more than one
  // element, or a dtype that is not float. [main thread & creating]
  vernier_status (*scalar)(void* host, vernier_module module, vernier_string name, double* result);
  // Two sites, one spec and one set of qparams: those of the site at `path`, whose observer alone sees
  // tensors. `path` is looked up below this module first ("child/act_out", "act_in"), then as a whole path;
  // it may be declared later, anywhere in the tree, and be tied itself. Where it names no site, or a circle
  // of ties, the tree is refused. VERNIER_INVALID_HANDLE: not a site; VERNIER_INVALID_ARGUMENT: a site of
  // another module, one that is tied or has a range, an empty path. Since ABI 1.2 [main thread & creating]
  vernier_status (*tie)(void* host, vernier_module module, vernier_site site, vernier_string path);
} vernier_module_interface;

VERNIER_FREEZE_SLOT(vernier_module_interface, config, 1);
VERNIER_FREEZE_SLOT(vernier_module_interface, path, 2);
VERNIER_FREEZE_SLOT(vernier_module_interface, parameter, 3);
VERNIER_FREEZE_SLOT(vernier_module_interface, site, 4);
VERNIER_FREEZE_SLOT(vernier_module_interface, child, 5);
VERNIER_FREEZE_SLOT(vernier_module_interface, scalar, 6);
VERNIER_FREEZE_SLOT(vernier_module_interface, tie, 7);

#endif
