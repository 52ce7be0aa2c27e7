// One case in which a wrapper is tried without a model, as the wrapper's row in a manifest says it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/json_value.h"

namespace vernier::core {

struct ComponentInfo;

struct SmokeCase {
  std::string name;        // unique within the component
  std::string entry;       // that runs
  JsonValue config;        // of the module, an object, taken as written
  JsonValue inputs;        // by input name: a random description (random/random_description.h)
  JsonValue tensors;       // by tensor name below the module: a random description, its "shape" optional
  JsonValue numbers;       // by name below the module: the number that the wrapper reads as m.scalar()
  JsonValue quantization;  // as in a recipe
  JsonValue gates;         // likewise
  JsonValue file_gates;    // by backend: of an executed file, as `quantized_to_file` of a recipe
  std::vector<std::string> without;  // optional tensors that are not there
  uint64_t samples = 0;              // that calibration sees
  uint64_t seed = 0;
  bool is_drawn_by_torch = false;  // see random/torch_numbers.h
};

// `row` fits manifest.schema.json.
SmokeCase parse_smoke_case(const nlohmann::json& row);

// What the schema cannot say: kind, names, entry, inputs. Throws Error (kPlugin) at `where`.
void check_smoke_cases(const ComponentInfo& info, const std::string& where);

}  // namespace vernier::core
