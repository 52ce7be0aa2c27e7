// Element types as DLPack's triple, so 4-bit integers or new float formats need no change of the ABI.
#ifndef VERNIER_ABI_DTYPE_H
#define VERNIER_ABI_DTYPE_H

#include <stdint.h>

#include "size.h"

#define VERNIER_DTYPE_INT ((uint8_t)0)
#define VERNIER_DTYPE_UINT ((uint8_t)1)
#define VERNIER_DTYPE_FLOAT ((uint8_t)2)   // IEEE 754 binary16/32/64
#define VERNIER_DTYPE_BFLOAT ((uint8_t)4)  // bfloat16
#define VERNIER_DTYPE_BOOL ((uint8_t)6)    // one byte, 0 or 1

// All zero means "not set" where a field is optional.
typedef struct vernier_dtype {
  uint8_t code;  // VERNIER_DTYPE_*
  uint8_t
      bits;  // bits of one element; below 8, elements are packed low bits first, without padding between rows
  uint16_t lanes;  // always 1
} vernier_dtype;

VERNIER_STATIC_ASSERT(sizeof(vernier_dtype) == 4, "vernier_dtype is frozen");

#endif
