#include "random/philox.h"

namespace vernier::core {

RandomStream::RandomStream(uint64_t seed, std::string_view name, uint64_t index)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  // Names and indices go through the cipher, so that neighbours end far apart.
  const auto mixed = philox4x32({static_cast<uint32_t>(hash), static_cast<uint32_t>(hash >> 32),
                                 static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)},
                                {0x7665726E, 0x69657200});
  stream_ = {mixed[0], mixed[1]};
}

}  // namespace vernier::core
