// A checkpoint of random numbers, for trying sizes without the weights. Behind `vernier synthesize`.
#pragma once

#include <filesystem>

#include "vernier/core/run_control.h"

namespace vernier::core {

// Writes config.json and model.safetensors into `folder` as `description` (a JSON file: config, tensors,
// seed) says. Equal descriptions produce equal bytes. Throws Error, also where `control` asks for a stop:
// then nothing is written.
void synthesize(const std::filesystem::path& description, const std::filesystem::path& folder,
                const RunControl& control = RunControl::none());

}  // namespace vernier::core
