// A checkpoint of random numbers, for trying sizes without the weights. Behind `vernier synthesize`.
#pragma once

#include <filesystem>

namespace vernier::core {

// Writes config.json and model.safetensors into `folder` as `description` (a JSON file: config, tensors,
// seed) says. Equal descriptions produce equal bytes. Throws Error.
void synthesize(const std::filesystem::path& description, const std::filesystem::path& folder);

}  // namespace vernier::core
