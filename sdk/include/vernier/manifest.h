// Puts a plugin's manifest into its section ".vernier" at compile time. Used by the file that
// vernier_add_plugin() generates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vernier/abi/entry.h"
#include "vernier/abi/manifest.h"

namespace vernier::detail {

// CRC-32 as in ISO-HDLC and zlib: reflected polynomial 0xedb88320, start and final xor 0xffffffff. By table,
// because compilers bound the steps of an evaluation.
struct CrcTable {
  uint32_t of_byte[256] = {};
  constexpr CrcTable() {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
      of_byte[byte] = crc;
    }
  }
};

constexpr uint32_t crc32(const char* data, size_t length) {
  constexpr CrcTable table;
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < length; ++i)
    crc = (crc >> 8) ^ table.of_byte[(crc ^ static_cast<unsigned char>(data[i])) & 0xffu];
  return crc ^ 0xffffffffu;
}

constexpr size_t kMaximumManifest = 65536;  // bytes of JSON; beyond it compilers give up on the evaluation

template <size_t kLength>
struct ManifestSection {
  vernier_manifest_header header;
  char json[kLength];
};

// `text` is a literal; its final zero is not part of the manifest.
template <size_t kSize>
constexpr ManifestSection<kSize - 1> make_manifest(const char (&text)[kSize], uint32_t minimum_host_minor) {
  static_assert(kSize - 1 <= kMaximumManifest, "a plugin's manifest.json has at most 64 KiB");
  ManifestSection<kSize - 1> section{};
  for (size_t i = 0; i < 8; ++i) section.header.magic[i] = static_cast<uint8_t>(VERNIER_MANIFEST_MAGIC[i]);
  section.header.header_size = sizeof(vernier_manifest_header);
  section.header.format = VERNIER_MANIFEST_FORMAT;
  section.header.abi_major = VERNIER_ABI_MAJOR;
  section.header.abi_minor = VERNIER_ABI_MINOR;
  section.header.minimum_host_minor = minimum_host_minor;
  section.header.json_crc32 = crc32(text, kSize - 1);
  section.header.json_length = kSize - 1;
  for (size_t i = 0; i + 1 < kSize; ++i) section.json[i] = text[i];
  return section;
}

}  // namespace vernier::detail

#if defined(__has_attribute)
#if __has_attribute(retain)
#define VERNIER_RETAIN __attribute__((retain))
#endif
#endif
#ifndef VERNIER_RETAIN
#define VERNIER_RETAIN
#endif

// The section stays with the file through strip and --gc-sections, and is never exported. constexpr: filled
// by the compiler or not at all; the host reads the file without running the code that would fill it later.
#define VERNIER_MANIFEST(text, minimum_host_minor)                               \
  extern "C" {                                                                   \
  __attribute__((section(VERNIER_MANIFEST_SECTION), used, visibility("hidden"))) \
  VERNIER_RETAIN extern constexpr auto vernier_manifest =                        \
      vernier::detail::make_manifest(text, minimum_host_minor);                  \
  }
