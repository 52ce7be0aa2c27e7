#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace vernier::core {

// FIPS 180-4 SHA-256 of bytes that come piece by piece, by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  // Lower-case hex. Ends the object's use.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The same in one call.
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace vernier::core
