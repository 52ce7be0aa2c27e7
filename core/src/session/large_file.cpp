#include "session/large_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "text/contains.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Nothing where the profile does not say.
std::optional<bool> is_loaded(const Profile& profile, uint64_t constant_bytes) {
  if (profile.limits.file_bytes && constant_bytes > *profile.limits.file_bytes) return false;
  return profile.limits.external_buffers;
}

}  // namespace

uint64_t constant_bytes(std::span<const size_t> units, std::span<const Graph> planned) {
  std::set<std::pair<std::string, uint64_t>> known;
  uint64_t bytes = 0;
  for (const size_t unit : units) {
    for (const GraphValue& value : planned[unit].values) {
      if (value.kind == ValueKind::kConstant && known.emplace(value.name, value.constant_bytes).second)
        bytes += value.constant_bytes;
    }
  }
  return bytes;
}

nlohmann::json large_file(const std::string& file, uint64_t constant_bytes, const Profiles& profiles) {
  if (constant_bytes <= kMostInside) return nullptr;
  const std::string extension = std::filesystem::path(file).extension().string();
  if (extension != ".circle" && extension != ".tflite") return nullptr;
  nlohmann::json row = {{"bytes", constant_bytes},
                        {"loaded_by", nlohmann::json::array()},
                        {"not_loaded_by", nlohmann::json::array()},
                        {"unknown", nlohmann::json::array()}};
  for (const auto& [name, path] : profiles.files()) {
    std::optional<Profile> profile;
    try {
      profile = read_profile(path);
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      continue;
    }
    if (!contains(profile->formats, extension.substr(1))) continue;
    const std::optional<bool> loaded = is_loaded(*profile, constant_bytes);
    row[!loaded ? "unknown" : *loaded ? "loaded_by" : "not_loaded_by"].push_back(name);
  }
  return row;
}

void refuse_large_file(const Recipe& recipe, size_t i, const Profile& profile, uint64_t constant_bytes) {
  if (constant_bytes <= kMostInside || is_loaded(profile, constant_bytes) != false) return;
  throw Error(
      ErrorKind::kGate,
      {{fmt::format("{} does not fit profile {}: it has {} bytes of constants, which stand behind the "
                    "FlatBuffer, where the consumer does not find them",
                    recipe.exports[i].file, profile.name, constant_bytes),
        recipe.where(recipe.exports[i].pointer),
        "export a part of the model, choose fewer bits, or name another \"profile\", or \"none\""}});
}

}  // namespace vernier::core
