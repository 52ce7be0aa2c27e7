// The exact run of a program over its files, held to what another run recorded.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/recording.h"
#include "program/watched_units.h"
#include "verify/codes_difference.h"

namespace vernier::core {

// A recorded tensor that is not what the run has there.
struct BoundaryDifference {
  std::string name;  // in the recording
  uint64_t request = 0;
  std::string phase;
  int64_t pass = 0;
  std::string unit, file;
  BoundaryTensor::Side side = BoundaryTensor::Side::kInput;
  std::string tensor, buffer;
  std::string writer;  // of an input: what wrote its buffer, "step write_rows (/phases/1/steps/7)"
  std::optional<QParams> grid;
  CodesDifference codes;

  [[nodiscard]] nlohmann::json to_json() const;
  [[nodiscard]] std::string to_text() const;
};

// A token that is not what the run chooses.
struct TokenDifference {
  uint64_t request = 0, token = 0;  // which one, from 0
  int32_t right = 0, found = 0;
};

struct HeldRecording {
  std::string label;
  uint64_t requests = 0, tensors = 0, lacking = 0;  // compared; that the run has and the recording lacks
  uint64_t tokens = 0, same_tokens = 0;
  struct OfFile {
    uint64_t tensors = 0, differ = 0;
  };
  std::map<std::string, OfFile> files;             // by unit
  std::vector<BoundaryDifference> differences;     // the first kMostDifferences, in the run's order
  uint64_t differ = 0;                             // all of them
  std::vector<TokenDifference> token_differences;  // likewise

  static constexpr size_t kMostDifferences = 20;
  [[nodiscard]] bool is_equal() const { return differ == 0 && same_tokens == tokens; }
  // {"recording", "requests", "tensors", "lacking", "differ", "tokens", "same_tokens", "files":
  // [{"unit", "tensors", "differ"}], "differences": […], "token_differences": […]}.
  [[nodiscard]] nlohmann::json to_json() const;
};

struct HoldOptions {
  const Recording* golden = nullptr;  // has requests and tokens that the recording lacks; may be null
  int64_t within = 0;                 // codes so far apart are no difference
};

// Runs each request that the recording names over the files, its recorded tokens given, and compares each
// recorded tensor, bit for bit. The run goes on with what was recorded: a file is judged by what it gave for
// what it was given, a host step by what it made of what files gave, and a fault is told where it is and not
// behind it. Throws Error: kData for a recording whose request is known to nobody, a tensor of another dtype
// or shape, a name that no boundary of the run has, and one without any boundary, but for
// the golden run itself, which may have tokens alone; what the run throws.
[[nodiscard]] HeldRecording hold_to_recording(const Program& program, FileUnits& files,
                                              const Recording& recording, const HoldOptions& options,
                                              const RunControl& control = RunControl::none());

}  // namespace vernier::core
