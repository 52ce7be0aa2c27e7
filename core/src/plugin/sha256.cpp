// OpenSSL's own functions for the one algorithm, which it calls deprecated: the interface that it recommends
// reads the machine's configuration file and readies every provider first, some 2 ms and 3 MiB of each start.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "plugin/sha256.h"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace vernier::core {

struct Sha256::State {
  SHA256_CTX context;
};

// None of them can fail: they neither allocate nor look at anything but their arguments.
Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &state_->context);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace vernier::core
