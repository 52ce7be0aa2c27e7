// Consumer profiles: what one consumer of a format takes of the files that the format allows, as data. They
// are files NAME.profile.json in the folders where plugins are; schemas/profile.schema.json says what stands
// in them, plugins/profiles/README.md how to write one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

// One operand of an operator, or each of them.
struct ProfileOperand {
  bool is_input = true;
  std::optional<size_t> index;  // without it, each
};

struct ProfileDemand {
  ProfileOperand of;
  std::optional<bool> is_present, is_constant, is_quantized;
  std::vector<std::string> types;  // empty: any
  std::optional<ProfileOperand> type_of, qparams_of;
  std::optional<bool> has_one_scale;
  std::vector<int64_t> zero_points;                                       // empty: any
  std::map<std::string, std::vector<std::pair<float, int64_t>>> qparams;  // by type: scale and zero point
  std::optional<size_t> least_rank, greatest_rank;
};

struct ProfileRule {
  std::string says;
  bool is_error = true;                        // else a warning
  std::vector<std::string> operators, except;  // operators empty: each
  std::vector<ProfileDemand> where, require;
};

struct ProfileLimits {
  std::optional<uint64_t> file_bytes;
  std::optional<size_t> subgraphs;
  std::optional<bool> external_buffers;  // without it, nobody knows
  std::optional<size_t> signatures;
  std::optional<int64_t> least_opset, greatest_opset, ir_version;  // of ONNX; ir_version: the greatest
};

// By dtype of the codes ("uint8"): scale and zero point.
using FixedQparams = std::map<std::string, std::pair<float, int32_t>>;

// What a graph is given before a backend gets it, so that the exact reading rounds where the file does.
struct ProfileLowering {
  std::map<std::string, FixedQparams> fixed_qparams;  // by op: of its result; the site's own follow behind it
  std::map<std::string, FixedQparams> steps;          // by op that the file has in steps: of the first one

  bool operator==(const ProfileLowering&) const = default;
};

struct Profile {
  std::string name, version, summary, source;
  std::filesystem::path file;
  std::vector<std::string> formats;            // "circle", "tflite"; or "onnx"
  std::map<std::string, std::string> options;  // backend -> a JSON object's text
  ProfileLimits limits;
  std::optional<ProfileLowering> lowering;    // without it, the format's own
  std::vector<std::string> types, operators;  // empty: any
  std::vector<ProfileRule> rules;
};

// What the file says. Throws Error (kData) with file and place where it cannot be read, is no JSON, breaks
// the schema, or has another name than its file. [any thread]
Profile read_profile(const std::filesystem::path& file);

// The profiles of the folders in which plugins are looked for; of two with one name the folder that comes
// first in the order of precedence has it. Files are read when asked for.
class Profiles {
 public:
  // `recipe_folders`: plugins.search of a recipe, absolute. Throws Error (kUsage) for one that is not there,
  // a stop where `control` asks for one.
  static Profiles find(const std::vector<std::filesystem::path>& recipe_folders,
                       const RunControl& control = RunControl::none());

  // Throws Error (kUsage) with `where` and the known names for one that is not there, and what
  // read_profile() throws.
  [[nodiscard]] Profile read(const std::string& name, const std::string& where) const;

  [[nodiscard]] const std::map<std::string, std::filesystem::path>& files() const { return files_; }

  // [{"profile", "version", "summary", "formats", "file"}], by name; one that cannot be read has "error"
  // instead of what it says.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  std::map<std::string, std::filesystem::path> files_;  // by name
};

}  // namespace vernier::core
