// The rules of the Circle, TFLite and ONNX formats, held against a file: what `vernier verify FILE` does
// without a recipe. Independent of the backends that write such files. The rules and their sources:
// core/src/circle/check/README.md, core/src/onnx/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

struct Profile;

struct Finding {
  std::string rule;      // stable: "bias-scale"
  bool is_error = true;  // else a warning
  std::string where;     // "tensor 3 (a/b)", "operator 2 (ADD)"
  std::string what;
};

struct CheckResult {
  std::string format;  // "circle", "tflite" or "onnx"; empty where the file is none
  std::string profile;
  std::vector<Finding> findings;      // of each severity the first thousand
  uint64_t errors = 0, warnings = 0;  // all

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] nlohmann::json to_json() const;  // {"format", "profile", "errors", "warnings", "findings":
                                                 // [{"rule", "severity", "where", "what"}]}
  [[nodiscard]] std::string to_table() const;
};

// `profile`: null: the format's own rules; else those of this consumer besides, as findings "profile-NAME".
// Time and memory are linear in the file. Damaged bytes are findings, not errors; throws Error (kData) for a
// file that cannot be read or a profile that names what its formats do not have, a stop where `control` asks
// for one. [any thread]
CheckResult check_file(const std::filesystem::path& file, const Profile* profile = nullptr,
                       const RunControl& control = RunControl::none());
CheckResult check_bytes(std::span<const std::byte> bytes, const Profile* profile = nullptr,
                        const RunControl& control = RunControl::none());

}  // namespace vernier::core
