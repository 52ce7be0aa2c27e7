// The quantized meaning of one module type.
#ifndef VERNIER_ABI_WRAPPER_H
#define VERNIER_ABI_WRAPPER_H

#include <stdint.h>

#include "host.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_WRAPPER "vernier.wrapper/1"

// The manifest lists the module types it serves, and its entries with their inputs.
typedef struct vernier_wrapper {
  uint64_t size;
  // Declares the module's parameters, sites and children (module.h). `*instance` is plugin-owned until
  // `destroy`. [main thread & creating]
  vernier_status (*create)(const vernier_host* host, vernier_module module, void** instance);
  // Accepts null. [main thread]
  void (*destroy)(void* instance);
  // Computes `entry` ("forward", "prefill", "decode") with host ops only. Keeps no handle after it returns.
  // `outputs` has room for `capacity`; `count` gets how many there are. [one thread at a time per tree &
  // running]
  vernier_status (*forward)(void* instance, vernier_context context, vernier_string entry,
                            const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                            uint64_t capacity, uint64_t* count);
} vernier_wrapper;

VERNIER_FREEZE_SLOT(vernier_wrapper, create, 1);
VERNIER_FREEZE_SLOT(vernier_wrapper, destroy, 2);
VERNIER_FREEZE_SLOT(vernier_wrapper, forward, 3);

#endif
