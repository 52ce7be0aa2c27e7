// Reads a plugin's manifest section from the bytes of an ELF64 library, without loading it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "plugin/byte_source.h"
#include "vernier/abi/manifest.h"

namespace vernier::core {

// How `problem` begins where a library is whole and simply no plugin.
inline constexpr const char* kNoPlugin = "not a vernier plugin";

struct ManifestBytes {
  vernier_manifest_header header{};
  std::string json;
  std::string problem;  // why there is none; empty when all is well
};

// Every offset and size is checked against the file; segments beyond its end mean a truncated file. Never
// runs or maps the code. Little-endian ELF64 shared objects for this machine only.
ManifestBytes read_manifest_section(const ByteSource& file);
ManifestBytes read_manifest_section(std::span<const std::byte> file);

}  // namespace vernier::core
