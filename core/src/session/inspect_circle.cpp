#include "circle/describe.h"

#include <nlohmann/json.hpp>
#include "circle/reader.h"
#include "vernier/core/inspect.h"

namespace vernier::core {

Inspection inspect_circle(const std::filesystem::path& path);

Inspection inspect_circle(const std::filesystem::path& path) {
  const CircleFile file = read_circle(path);
  Inspection result{file.is_tflite ? "tflite" : "circle", to_json(file), to_table(file), {}};
  (*result.json)["kind"] = result.kind;
  (*result.json)["path"] = path.string();
  return result;
}

}  // namespace vernier::core
