// Random numbers that depend on nothing but their index.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vernier::core {

// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
// Four 32-bit words per counter and key; any two calls are independent, so any part of a sequence can be made
// alone.
inline std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// The place of one tensor's numbers among all: equal (seed, name, index) give equal numbers in any order of
// access.
struct RandomStream {
  RandomStream(uint64_t seed, std::string_view name, uint64_t index);
  // Words of element group `block` (below 2^48); `attempt` is for rejection.
  [[nodiscard]] std::array<uint32_t, 4> words(uint64_t block, uint16_t attempt = 0) const {
    return philox4x32({static_cast<uint32_t>(block),
                       static_cast<uint32_t>(block >> 32) | uint32_t{attempt} << 16, stream_[0], stream_[1]},
                      key_);
  }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> stream_;
};

}  // namespace vernier::core
