// Text across the ABI: UTF-8, explicit length, never owned by the reader.
#ifndef VERNIER_ABI_STRING_H
#define VERNIER_ABI_STRING_H

#include <stdint.h>

// `data` may be null when `length` is 0; it need not end in a zero byte. Valid until the call that received
// or returned it ends, unless the function that hands it over says otherwise.
typedef struct vernier_string {
  const char* data;
  uint64_t length;
} vernier_string;

#endif
