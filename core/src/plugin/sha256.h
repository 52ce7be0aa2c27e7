#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vernier::core {

// Lower-case hex of FIPS 180-4 SHA-256, by OpenSSL.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace vernier::core
