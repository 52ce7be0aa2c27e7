// Watches one site while the host calibrates, and turns what it saw into qparams. One instance a site.
#ifndef VERNIER_ABI_OBSERVER_H
#define VERNIER_ABI_OBSERVER_H

#include <stdint.h>

#include "host.h"
#include "qparams.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "tensor.h"

#define VERNIER_OBSERVER "vernier.observer/1"

typedef struct vernier_observer {
  uint64_t size;
  // `options` is a JSON object that already passed the manifest's option schema. `spec` is borrowed for the
  // call, and as long as in the minor that the plugin was built with, so that a copy of it may be handed to
  // the kernels. VERNIER_UNIMPLEMENTED: the observer cannot serve this spec. [any thread & calibrating]
  vernier_status (*create)(const vernier_host* host, const vernier_spec* spec, vernier_string options,
                           void** instance);
  // Accepts null. [any thread]
  void (*destroy)(void* instance);
  // Forgets all statistics. [one thread at a time per instance & calibrating]
  vernier_status (*reset)(void* instance);
  // Adds one tensor: float32, at least one element, all finite, the spec's axis within its rank.
  // [one thread at a time per instance & calibrating]
  vernier_status (*collect)(void* instance, const vernier_tensor* x);
  // VERNIER_FAILED_PRECONDITION if nothing was collected. [one thread at a time per instance & calibrating]
  vernier_status (*qparams)(void* instance, vernier_qparams* result);
  // What was collected so far, as bytes: the instance's, valid until the next call with it. Given to `load`
  // of another instance, they leave that one as if it had collected what this one did. They may not depend on
  // the spec's dtype and scheme, so that another dtype needs no second calibration. Null, as `load`, where
  // the manifest names no "state" among the component's capabilities. Since ABI 1.2
  // VERNIER_FAILED_PRECONDITION if nothing was collected. [one thread at a time per instance & calibrating]
  vernier_status (*save)(void* instance, const void** state, uint64_t* length);
  // Forgets all statistics and takes over those that `save` of an observer with the same "state" gave: of
  // this library, with the same granularity, axis and count. The bytes come from a file. Since ABI 1.2
  // VERNIER_FAILED_PRECONDITION: made with options under which this instance would have collected otherwise;
  // VERNIER_DATA_LOSS: no such state. [one thread at a time per instance & calibrating]
  vernier_status (*load)(void* instance, const void* state, uint64_t length);
} vernier_observer;

VERNIER_FREEZE_SLOT(vernier_observer, create, 1);
VERNIER_FREEZE_SLOT(vernier_observer, destroy, 2);
VERNIER_FREEZE_SLOT(vernier_observer, reset, 3);
VERNIER_FREEZE_SLOT(vernier_observer, collect, 4);
VERNIER_FREEZE_SLOT(vernier_observer, qparams, 5);
VERNIER_FREEZE_SLOT(vernier_observer, save, 6);
VERNIER_FREEZE_SLOT(vernier_observer, load, 7);

#endif
