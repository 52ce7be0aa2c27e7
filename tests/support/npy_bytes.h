// .npy files for tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace vernier::test {

inline std::string npy_with_header(const std::string& header, const std::string& data, int version = 1) {
  const size_t length_bytes = version == 1 ? 2 : 4;
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  std::string length(length_bytes, '\0');
  const auto size = static_cast<uint32_t>(header.size());
  std::memcpy(length.data(), &size, length_bytes);
  return file + length + header + data;
}

// Padded to 64 bytes as NumPy does it.
inline std::string npy_bytes(const std::string& descr, const std::string& shape, const std::string& data,
                             int version = 1) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  while ((8 + (version == 1 ? 2 : 4) + header.size() + 1) % 64 != 0) header += ' ';
  return npy_with_header(header + '\n', data, version);
}

}  // namespace vernier::test
