// The random checkpoint and samples of a smoke case, as files.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "session/declared_tensors.h"

namespace vernier::core {

// Writes `folder`/checkpoint and, where the case is drawn by torch, `folder`/samples.safetensors. Returns the
// recipe's calibration.inputs. `inputs`: the entry's, in call order. Equal cases give equal bytes. Throws
// Error (kUsage) for a description that makes no tensor, Error (kData) where a file cannot be written.
nlohmann::json write_smoke_data(const SmokeCase& one, const std::vector<DeclaredTensor>& tensors,
                                const std::vector<std::string>& inputs, const std::filesystem::path& folder,
                                const RunControl& control);

}  // namespace vernier::core
