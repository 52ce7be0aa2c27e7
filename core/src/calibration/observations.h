// What the observers of a calibration saw, as a file's bytes: a later run of the same samples through the
// same graphs need not run them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

struct SiteObservation {
  std::string site;     // path
  std::string state;    // see ComponentInfo::state; empty: the site's range is declared
  std::string library;  // SHA-256 of the observer's library
  Granularity granularity = Granularity::kTensor;
  int64_t axis = -1;       // where the granularity is kChannel
  Shape shape;             // of the first tensor
  uint64_t collected = 0;  // tensors, one at least
  std::string bytes;       // the observer's own

  bool operator==(const SiteObservation&) const = default;
};

struct Observations {
  std::string identity;  // of all that they follow from
  std::vector<SiteObservation> sites;
};

// Bytes as schemas/observations.fbs has them; equal observations give equal bytes.
[[nodiscard]] std::vector<std::byte> write_observations(const Observations& observations);

// Of bytes that nobody vouches for. Throws Error (kData) where they are none.
[[nodiscard]] Observations read_observations(std::span<const std::byte> bytes);

}  // namespace vernier::core
