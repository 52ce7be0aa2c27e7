// A library file's bytes: ELF headers, sections and the manifest in them.
#include <cstddef>
#include <cstdint>
#include <span>

#include "plugin/section_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vernier::core::read_manifest_section(std::as_bytes(std::span(data, size)));
  return 0;
}
