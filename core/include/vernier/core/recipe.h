// A recipe: what is quantized, with which plugins, on which data, and what is written. Read from JSON,
// checked against recipe.schema.json, defaults filled in. Which plugins there are is not looked at here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vernier/abi/qparams.h"
#include "vernier/core/json_value.h"
#include "vernier/dtype.h"

namespace vernier::core {

struct RecipeModel {
  std::filesystem::path checkpoint;  // absolute
  std::string module;                // path of the module; empty: the whole model
  std::string type;                  // empty: the checkpoint's architecture
  JsonValue config;                  // an object; its pointers are not resolved: see resolve_config
  // Of a whole model: the program that says which units it has; empty: the one for the architecture.
  std::optional<std::string> program;
  JsonValue profile = JsonValue::object();  // of the program
};

struct PluginRequirement {
  std::string id;
  std::string version;  // a constraint, well-formed: ">=1.0 <2"
};

struct RecipePlugins {
  std::vector<std::filesystem::path> search;  // absolute
  std::vector<PluginRequirement> require;
};

// Some fields of a spec; what is not set stays as it was.
struct SpecPatch {
  std::optional<std::string> observer;
  std::optional<DType> dtype;
  int32_t scheme = VERNIER_SCHEME_UNSET;
  int32_t granularity = VERNIER_GRANULARITY_UNSET;
  std::optional<int64_t> axis;
  std::optional<int64_t> block_size;
  std::optional<JsonValue> options;  // an object
};

struct Rule {
  std::string match;  // glob over site paths
  SpecPatch patch;    // sets at least one field
  bool allow_empty = false;
  std::string pointer;  // "/quantization/rules/0"
};

struct RecipeQuantization {
  SpecPatch activation;  // default of the role; observer and dtype are always set
  SpecPatch weight;
  std::vector<Rule> rules;
  std::filesystem::path from;     // absolute: qparams.json that observers' place is taken by; empty: none
  bool may_lose_weights = false;  // on_zero_codes: "warn"
};

// An input that is an output of an earlier unit.
struct UnitOutput {
  std::string input;  // of the entry
  size_t unit = 0;    // place in Recipe::units
  size_t output = 0;
  std::string output_name;  // in place of `output`; empty: none
};

struct RecipeData {
  JsonValue inputs;                // {"kind": ...}; its "path" is absolute
  std::optional<int64_t> samples;  // not set: all
  uint64_t batch_size = 1;         // calibration only: samples that one forward takes, stacked along axis 0
  std::vector<UnitOutput> from_units;
};

struct Gate {
  std::string op;  // "<=", "<", ">=", ">", "=="
  double limit = 0;
  std::string pointer = {};                      // where the recipe sets it: "/gates/peir"
  [[nodiscard]] bool holds(double value) const;  // false for NaN
};

// What is calibrated, evaluated and exported: an entry of one module, and its samples.
struct RecipeUnit {
  std::string name;    // of the entry, where the recipe has no "units"
  std::string module;  // path below model.module; empty: that module
  std::string entry;
  RecipeData calibration;
  RecipeData evaluation;
  std::map<std::string, Gate> gates;  // by metric: the fake-quant run against float
  std::string pointer;                // "/units/0"; empty where the recipe has no "units"
  std::string calibration_pointer;    // "/units/0/calibration", or its evaluation's, which stands in for it
};

// Two runs that a gate compares.
enum class GatePair { kFloatToQuantized, kFloatToFile, kQuantizedToFile };
const char* to_string(GatePair pair);  // "float_to_quantized", …, as in reports

// A limit for an executed file.
struct FileGate {
  GatePair pair = GatePair::kFloatToFile;
  std::string metric;  // mean_abs_diff, max_abs_diff, peir, sqnr_db, cosine; for kQuantizedToFile also
                       // max_step, codes_differ, beyond_one_step
  Gate gate;
  bool over_all_outputs = false;  // the outputs are measured as one; else each must hold the limit
  std::optional<size_t> unit;     // the only unit of the file that it holds for; not set: each
};

// The exported file is run and compared before it gets its name.
struct RecipeVerify {
  std::string executor;  // empty: the one whose manifest fits the end of the file's name
  JsonValue options;
  std::optional<int64_t> samples;  // at most so many evaluation samples; not set: all
  std::vector<FileGate> gates;     // of the export entry, and its units' own as kFloatToFile
  int64_t golden = 1;              // of a program: evaluation samples whose run the folder keeps
};

// An extent that the caller of a file chooses.
struct OpenExtent {
  std::string name;
  std::map<std::string, std::vector<int64_t>> axes;  // by input of the entry
};

struct RecipeExport {
  std::string backend;
  std::vector<size_t> units;  // places in Recipe::units; several: each under its name in one file
  std::string file;           // relative, inside the output folder
  std::string profile;        // of its consumer; empty: the backend's own, "none": none
  bool has_fixed_qparams;     // the consumer's, see ProfileLowering; false: the observed ones
  JsonValue options;
  std::optional<Gate> float_ops;       // operators that the file computes in float
  std::optional<Gate> float_tensors;   // tensors of the file that are float
  std::optional<RecipeVerify> verify;  // where the entry has "verify" or "gates"
  std::optional<OpenExtent> open = {};
  std::string pointer = {};             // "/export/0"
  std::vector<std::string> globs = {};  // over the units of a program, which are `units` once they are known
  bool is_by_group = false;             // units that the program has in one group are one file
};

struct RecipeRuntime {
  uint64_t seed = 42;
  int threads = 0;                // 0: one for each core
  bool strict = true;             // a key of model.config that no wrapper reads is an error
  uint64_t max_memory = 0;        // bytes; 0: no limit
  std::optional<bool> isolate;    // empty: where a plugin from outside could take part
  std::filesystem::path journal;  // folder, absolute; empty: none
  double trace_timeout = 10;      // seconds for one call into a plugin, where the plan is tried
};

struct RecipeSource;  // line and column of each value in the text

struct Recipe {
  std::filesystem::path file;                   // as it was given
  std::filesystem::path folder;                 // absolute; paths in the recipe are relative to it
  std::vector<std::filesystem::path> extended;  // files that it stands on ("extends"), absolute
  RecipeModel model;
  RecipePlugins plugins;
  RecipeQuantization quantization;
  JsonValue stages = JsonValue::array();
  // One at least. Of a recipe with a program one that stands for the whole until the program is made.
  std::vector<RecipeUnit> units;
  bool has_units = false;  // "units" stands in the recipe
  std::vector<RecipeExport> exports;
  RecipeRuntime runtime;
  JsonValue effective;  // a recipe that says the same, defaults written out and paths absolute

  std::shared_ptr<const RecipeSource> source;
  // "recipe.json:5:40 (/quantization/weight)"; where nothing stands at `pointer`, the line of what encloses
  // it. For a value that an override gave: "--set quantization.weight.dtype=int9
  // (/quantization/weight/dtype)".
  [[nodiscard]] std::string where(const std::string& pointer) const;
};

// Reads and checks a recipe. Each override is `path=value`: the path's names are joined with ".", elements of
// an array go by index, the value is JSON if it parses as such and else a string. Throws Error (kUsage) with
// every finding: what, line:column and pointer, the nearest legal name.
Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});
// The same from text; `name` names the file in messages; its folder is the recipe's. Reads no
// file, so "extends" is an error.
Recipe parse_recipe(std::string_view text, const std::filesystem::path& name,
                    const std::vector<std::string>& overrides = {});

// model.config with its pointers replaced by what they point at. Throws Error (kUsage) with the nearest key
// that exists.
nlohmann::json resolve_config(const Recipe& recipe, const nlohmann::json& checkpoint_config);

// recipe.schema.json
std::string_view recipe_schema_text();

}  // namespace vernier::core
