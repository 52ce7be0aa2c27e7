#include "vernier/core/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "circle/check/checked_model.h"
#include "file/flat_bytes.h"
#include "file/mapped_file.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr uint32_t kMaxDepth = 16;
constexpr uint64_t kMaxTables = 4'000'000;

bool has_identifier(std::span<const std::byte> bytes, const char* identifier) {
  return bytes.size() >= 8 && std::memcmp(bytes.data() + 4, identifier, 4) == 0;
}

void take_findings(CheckedModel& model, CheckResult& result) {
  result.findings = std::move(model.findings);
  result.errors = model.errors;
  result.warnings = model.warnings;
}

CheckResult check_aligned(std::span<const std::byte> bytes, const Profile* profile,
                          const RunControl& control) {
  CheckedModel model;
  model.control = &control;
  model.bytes = bytes;
  model.profile = profile;
  model.is_tflite = has_identifier(bytes, "TFL3");
  CheckResult result;
  if (profile != nullptr) result.profile = profile->name;
  if (!model.is_tflite && !has_identifier(bytes, "CIR0")) {
    model.error("identifier", "byte 4", "neither CIR0 (Circle) nor TFL3 (TFLite)");
    take_findings(model, result);
    return result;
  }
  result.format = model.is_tflite ? "tflite" : "circle";
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const size_t head = std::min<uint64_t>(bytes.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
  // The verifier's work is bounded by the file: a table takes at least 4 bytes of one that shares nothing.
  flatbuffers::Verifier verifier(
      data, head, kMaxDepth,
      static_cast<flatbuffers::uoffset_t>(std::min<uint64_t>(kMaxTables, head / 4 + 16)));
  if (!verifier.VerifyBuffer<circle::Model>(nullptr)) {
    model.error("flatbuffer", "the file",
                "an offset leads out of the file, a table is damaged, or it nests too deep");
  } else {
    model.table = flatbuffers::GetRoot<circle::Model>(data);
    read_model(model);
    for (const auto check : {check_structure, check_constants, check_operators, check_shapes,
                             check_quantization, check_profile}) {
      control.check();
      check(model);
    }
  }
  take_findings(model, result);
  return result;
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
  const FlatBytes aligned(bytes);
  return check_aligned(aligned.get(), profile, control);
}

CheckResult check_file(const std::filesystem::path& file, const Profile* profile, const RunControl& control) {
  return check_bytes(MappedFile::open(file)->bytes(), profile, control);
}

}  // namespace vernier::core
