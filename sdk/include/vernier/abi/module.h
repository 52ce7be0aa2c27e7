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
  int64_t axis;  // channel axis; negative counts from the back; read with VERNIER_GRANULARITY_CHANNEL only
  vernier_string observer;  // component name; empty: unset
} vernier_site_declaration;

VERNIER_FREEZE_SLOT(vernier_site_declaration, name, 1);
VERNIER_FREEZE_SLOT(vernier_site_declaration, role, 3);
VERNIER_FREEZE_SLOT(vernier_site_declaration, scheme, 4);
VERNIER_FREEZE_SLOT(vernier_site_declaration, axis, 5);
VERNIER_FREEZE_SLOT(vernier_site_declaration, observer, 6);

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
} vernier_parameter_declaration;

VERNIER_FREEZE_SLOT(vernier_parameter_declaration, name, 1);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, shape, 3);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, rank, 4);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, site, 5);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, fill, 6);
VERNIER_FREEZE_SLOT(vernier_parameter_declaration, flags, 7);

// All: VERNIER_INVALID_HANDLE for a module that is not being created; VERNIER_FAILED_PRECONDITION on another
// thread than the one that runs the wrapper's `create`.
typedef struct vernier_module_interface {
  uint64_t size;
  // The module's config as JSON text (json.h reads it); host-owned, valid as long as the tree. [main
  // thread & creating]
  vernier_status (*config)(void* host, vernier_module module, vernier_string* json);
  // Path in the checkpoint, e.g. "model.embed_vision"; lifetime as `config`. [main thread & creating]
  vernier_status (*path)(void* host, vernier_module module, vernier_string* path);
  // Declares and binds a parameter. VERNIER_NOT_FOUND: no such tensor; VERNIER_INVALID_ARGUMENT: another
  // shape, a dtype that is not float, an empty or duplicate name of it or its site, a filled one with an open
  // extent. [main thread & creating]
  vernier_status (*parameter)(void* host, vernier_module module,
                              const vernier_parameter_declaration* declaration, vernier_parameter* result);
  // Declares an activation site. VERNIER_INVALID_ARGUMENT: an empty or duplicate name. [main thread &
  // creating]
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
} vernier_module_interface;

VERNIER_FREEZE_SLOT(vernier_module_interface, config, 1);
VERNIER_FREEZE_SLOT(vernier_module_interface, path, 2);
VERNIER_FREEZE_SLOT(vernier_module_interface, parameter, 3);
VERNIER_FREEZE_SLOT(vernier_module_interface, site, 4);
VERNIER_FREEZE_SLOT(vernier_module_interface, child, 5);
VERNIER_FREEZE_SLOT(vernier_module_interface, scalar, 6);

#endif
