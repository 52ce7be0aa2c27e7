// What samples that a processor made consist of: what a reader of the report wants to know of the data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vernier::core {

// Least, greatest and all of a number that each sample has.
struct Spread {
  uint64_t least = 0, greatest = 0, total = 0, samples = 0;
  void add(uint64_t one) {
    least = samples == 0 ? one : std::min(least, one);
    greatest = std::max(greatest, one);
    total += one;
    ++samples;
  }
};

struct ProcessedRequest;

struct SamplesManifest {
  std::string path, processor, plugin;
  uint64_t lines = 0;                       // that were read
  uint64_t skipped = 0;                     // of them, for want of an input
  std::vector<std::string> hashes;          // SHA-256 of each sample's inputs, in order
  std::map<std::string, uint64_t> reached;  // how many lines give each input of the entry
  Spread tokens;                            // of prompt and answer, padding not counted
  Spread answers;                           // of samples that have one: these are teacher-forced
  uint64_t cut = 0;                         // samples that lost tokens to the options
  uint64_t with_pictures = 0;               // samples
  uint64_t pictures = 0;

  // Counts what a line gave: tokens, answers, pictures. Not its inputs.
  void add(const ProcessedRequest& made);

  // SHA-256 of all samples in order.
  [[nodiscard]] std::string sha256() const;
  [[nodiscard]] nlohmann::json to_json() const;
};

// {"calibration": …, "evaluation": …} of those that a processor made, the latter with how many of them
// are calibration samples too ("also_calibration"); null where it made none. Each may be null.
[[nodiscard]] nlohmann::json prompts_json(const SamplesManifest* calibration,
                                          const SamplesManifest* evaluation);

// How many samples of `one` are, input by input, samples of `other` too.
[[nodiscard]] uint64_t shared_samples(const SamplesManifest& one, const SamplesManifest& other);

}  // namespace vernier::core
