// Who the files are for: the consumer profile of each export entry, and whether a file fits it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

#include "plugin/catalog.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"
#include "vernier/core/recipe.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// The profile of each export of the recipe, none where neither the entry nor its backend names one. Options
// that a profile has for the entry's backend and that the entry does not set become the entry's, in
// `recipe.effective` too, which also names the profile. Throws Error (kUsage) with the recipe's line for a
// profile that is not there, (kData) for one that cannot be used or whose options the backend does not have.
std::vector<std::optional<Profile>> choose_profiles(Recipe& recipe, const Catalog& catalog,
                                                    const Profiles& profiles);

// What the graph of each export is given before its backend gets it: what its profile says, else what the
// profile of the backend's format says. Throws Error (kUsage) with the recipe's line where that one is not
// there, (kData) where it cannot be used.
std::vector<ProfileLowering> choose_lowerings(const Recipe& recipe, const Catalog& catalog,
                                              const Profiles& profiles,
                                              std::span<const std::optional<Profile>> chosen);

// {"profile", "version", "errors", "warnings", "findings": [{"rule", "severity", "where", "what", "count"}]}:
// the file against the rules of its format and the profile, one finding a kind with how many there are.
// Throws what check_file() throws.
nlohmann::json hold_to_profile(const std::filesystem::path& file, const Profile& profile,
                               const RunControl& control);

// Throws Error (kGate) where the file of export `i` does not fit its profile. Throws what check_bytes()
// throws.
void refuse_unfit(const Recipe& recipe, size_t i, const Profile& profile, std::span<const std::byte> bytes,
                  const RunControl& control);
// The same for a file with other numbers than it will have, made before calibration: only rules of the
// profile that are not about numbers count. Throws Error (kUsage) where it is neither Circle nor TFLite.
void refuse_unfit_stand_in(const Recipe& recipe, size_t i, const Profile& profile,
                           std::span<const std::byte> bytes, const RunControl& control);

// What the file has and computes in float, read from it, and whether the entry's gates on it hold:
// {"operators", "count", "total", "inputs", "outputs", "tensors", "limit", "tensors_limit", "met"}; null
// where the file's format does not tell. Throws Error (kUsage) where the entry has such a gate then.
nlohmann::json hold_to_float_gates(std::span<const std::byte> file, const Recipe& recipe, size_t i);

// Throws Error (kGate) where the file breaks one of them, and what hold_to_float_gates() throws.
void refuse_float(const Recipe& recipe, size_t i, std::span<const std::byte> file);

// Whether a row of the report's "exports" fits its profile and its gate on float operators; all of them.
bool fits_profile(const nlohmann::json& row);
bool fits_profiles(const nlohmann::json& exports);

// What a run says of files that do not; `out` holds the report.
Error profile_error(const Recipe& recipe, const nlohmann::json& exports, const std::filesystem::path& out);

}  // namespace vernier::core
