// A checkpoint of random numbers, for sizes that nobody wants to download.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "vernier/core/run_control.h"

namespace vernier::core {

// Writes `folder`/config.json and `folder`/model.safetensors from
//   {"seed": 42, "config": {...}, "tensors": [{"name": "...weight", "dtype": "bfloat16", "shape": [1536,
//   768],
//                                              "distribution": "normal", "mean": 0, "std": 0.02}, ...]}
// dtype float32 (the default) or bfloat16; distributions as in calibration/random_description.h; seed 0 by
// default. Equal descriptions give equal bytes. A megabyte of memory, whatever the size. config.json comes
// last: a folder with it is complete. Throws Error (kUsage) at `where` for a bad description, Error (kData)
// where a file cannot be written, a stop where `control` asks for one.
void write_synthetic_checkpoint(const nlohmann::json& description, const std::filesystem::path& folder,
                                const std::string& where, const RunControl& control = RunControl::none());

}  // namespace vernier::core
