// The size rule that lets both sides of the ABI grow apart without harm.
//
// Each struct begins with `uint64_t size`: the end of the last field its writer knows (not sizeof: trailing
// padding may later become a field). A reader takes min(size, what it knows) and treats everything else as
// zero, the documented default. Nobody compares for equality. Fields are only appended.
#ifndef VERNIER_ABI_SIZE_H
#define VERNIER_ABI_SIZE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define VERNIER_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define VERNIER_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

// End of `last_field` in `type`: what a writer whose newest field is `last_field` stores in `size`.
#define VERNIER_SIZE_UP_TO(type, last_field) \
  ((uint64_t)(offsetof(type, last_field) + sizeof(((type*)0)->last_field)))

// True where `object` (a pointer) was written by someone who knows `field`.
#define VERNIER_HAS(type, object, field) ((object)->size >= VERNIER_SIZE_UP_TO(type, field))

// Freezes the place of a slot: `index` counts 8-byte words from the start of the struct.
#define VERNIER_FREEZE_SLOT(type, field, index) \
  VERNIER_STATIC_ASSERT(offsetof(type, field) == 8 * (index), #type "." #field " is frozen")

#endif
