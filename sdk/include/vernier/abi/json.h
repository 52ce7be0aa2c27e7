// Reads values out of JSON text, so that a plugin needs no parser: module configs and component options are
// JSON.
#ifndef VERNIER_ABI_JSON_H
#define VERNIER_ABI_JSON_H

#include <stdint.h>

#include "size.h"
#include "status.h"
#include "string.h"

#define VERNIER_JSON "vernier.json/1"

// `document` is JSON text; `pointer` an RFC 6901 pointer ("/vision_config/hidden_size", "" for the whole
// document). All: VERNIER_NOT_FOUND when the pointer names nothing or null, VERNIER_INVALID_ARGUMENT when the
// value has another type, the document is not JSON or the pointer is not one. These are answers, not
// failures: they leave no text in the error object.
typedef struct vernier_json_interface {
  uint64_t size;
  // An integer, or a number without fraction. VERNIER_INVALID_ARGUMENT: it does not fit int64. [any thread]
  vernier_status (*integer)(void* host, vernier_string document, vernier_string pointer, int64_t* result);
  // Any number. [any thread]
  vernier_status (*number)(void* host, vernier_string document, vernier_string pointer, double* result);
  // 0 or 1. [any thread]
  vernier_status (*boolean)(void* host, vernier_string document, vernier_string pointer, int32_t* result);
  // Host-owned; valid until the next call of `text` or `dump` on this thread. [any thread]
  vernier_status (*text)(void* host, vernier_string document, vernier_string pointer, vernier_string* result);
  // The value as JSON text, of any type; lifetime as `text`. [any thread]
  vernier_status (*dump)(void* host, vernier_string document, vernier_string pointer, vernier_string* result);
  // Elements of an array or members of an object. [any thread]
  vernier_status (*count)(void* host, vernier_string document, vernier_string pointer, uint64_t* result);
} vernier_json_interface;

VERNIER_FREEZE_SLOT(vernier_json_interface, integer, 1);
VERNIER_FREEZE_SLOT(vernier_json_interface, number, 2);
VERNIER_FREEZE_SLOT(vernier_json_interface, boolean, 3);
VERNIER_FREEZE_SLOT(vernier_json_interface, text, 4);
VERNIER_FREEZE_SLOT(vernier_json_interface, dump, 5);
VERNIER_FREEZE_SLOT(vernier_json_interface, count, 6);

#endif
