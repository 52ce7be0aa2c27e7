// model.safetensors.index.json: which shard holds which tensor.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace vernier::core {

// Tensor name → shard, a path below the index's folder. Throws Error (kData): not JSON (line:column), no
// weight_map, an empty one, a shard that is no string, or one whose path is absolute or climbs out of the
// folder.
std::map<std::string, std::string> read_shard_index(const std::filesystem::path& index);

}  // namespace vernier::core
