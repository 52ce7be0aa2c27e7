// Which rules a file is held to: what its first bytes say it is.
#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "circle/check/checked_model.h"
#include "file/mapped_file.h"
#include "onnx/check.h"
#include "onnx/reader.h"
#include "text/contains.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

bool has_identifier(std::span<const std::byte> bytes, const char* identifier) {
  return bytes.size() >= 8 && std::memcmp(bytes.data() + 4, identifier, 4) == 0;
}

// A profile has the names of one family of formats.
void require_known_names(const Profile& profile) {
  if (!contains(profile.formats, std::string("onnx"))) return require_circle_names(profile);
  if (profile.formats.size() > 1)
    throw data_error("the consumer profile cannot be used: ONNX has other names than Circle and TFLite",
                     profile.file.string(), "make it two profiles");
  require_onnx_names(profile);
}

}  // namespace

bool CheckResult::has_errors() const { return errors > 0; }

nlohmann::json CheckResult::to_json() const {
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& one : findings)
    rows.push_back({{"rule", one.rule},
                    {"severity", one.is_error ? "error" : "warning"},
                    {"where", one.where},
                    {"what", one.what}});
  return {{"format", format},
          {"profile", profile},
          {"errors", errors},
          {"warnings", warnings},
          {"findings", std::move(rows)}};
}

std::string CheckResult::to_table() const {
  std::string text;
  for (const Finding& one : findings)
    text += fmt::format("{:<8} {:<20} {}: {}\n", one.is_error ? "error" : "warning", one.rule, one.where,
                        one.what);
  return text + fmt::format("{}{}: {} errors, {} warnings\n", format.empty() ? "no model file" : format,
                            profile.empty() ? "" : ", profile " + profile, errors, warnings);
}

CheckResult check_bytes(std::span<const std::byte> bytes, const Profile* profile, const RunControl& control) {
  control.check();
  if (profile != nullptr) require_known_names(*profile);
  CheckResult result;
  if (profile != nullptr) result.profile = profile->name;
  Findings found;
  if (has_identifier(bytes, "CIR0") || has_identifier(bytes, "TFL3")) {
    result.format = check_circle(bytes, profile, control, found);
  } else if (looks_like_onnx(bytes)) {
    result.format = "onnx";
    check_onnx(bytes, profile, control, found);
  } else {
    found.error("identifier", "byte 0",
                "no model file: Circle has CIR0 and TFLite TFL3 at byte 4, ONNX begins with its version");
  }
  result.findings = std::move(found.findings);
  result.errors = found.errors;
  result.warnings = found.warnings;
  return result;
}

CheckResult check_file(const std::filesystem::path& file, const Profile* profile, const RunControl& control) {
  return check_bytes(MappedFile::open(file)->bytes(), profile, control);
}

}  // namespace vernier::core
