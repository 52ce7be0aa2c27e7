// What a plugin says about itself, readable from the file before any of its code runs.
//
// The library has a section ".vernier": this 64-byte header, then `json_length` bytes of UTF-8 JSON as
// described by manifest.schema.json. No pointers: on disk they would be unrelocated. All fields are
// little-endian. vernier_add_plugin() writes the section from a manifest.json. ABI numbers stand in the
// header only, so they cannot disagree with the JSON.
#ifndef VERNIER_ABI_MANIFEST_H
#define VERNIER_ABI_MANIFEST_H

#include <stdint.h>

#include "size.h"

#define VERNIER_MANIFEST_SECTION ".vernier"
#define VERNIER_MANIFEST_MAGIC "VERNIER\x1a"
#define VERNIER_MANIFEST_FORMAT 1

typedef struct vernier_manifest_header {
  uint8_t magic[8];             // VERNIER_MANIFEST_MAGIC without its final zero
  uint32_t header_size;         // 64; a reader skips what it does not know
  uint32_t format;              // VERNIER_MANIFEST_FORMAT
  uint32_t abi_major;           // built against this major ...
  uint32_t abi_minor;           // ... and minor
  uint32_t minimum_host_minor;  // works with hosts from this minor on
  uint32_t json_crc32;          // CRC-32 (ISO-HDLC, as in zlib) of the JSON bytes
  uint64_t json_length;
  uint8_t reserved[24];  // 0
} vernier_manifest_header;

VERNIER_STATIC_ASSERT(sizeof(vernier_manifest_header) == 64, "vernier_manifest_header is frozen");
VERNIER_STATIC_ASSERT(offsetof(vernier_manifest_header, json_length) == 32,
                      "vernier_manifest_header is frozen");

#endif
