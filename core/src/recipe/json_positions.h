// JSON with comments, and where in the text each value and key stands, so that every later message can point
// at its cause.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/text_cursor.h"

namespace vernier::core {

inline constexpr size_t kMaxJsonBytes = size_t{16} << 20;
inline constexpr size_t kMaxJsonDepth = 100;
inline constexpr size_t kMaxJsonValues = 1'000'000;
inline constexpr size_t kMaxJsonString =
    4096;  // bytes of one string or key; longer ones are no names, paths or options

// One value's place; mirrors the tree of values.
struct JsonPlace {
  std::string key;  // empty for elements and the root
  bool is_element = false;
  TextPosition value_at;
  TextPosition key_at;  // as value_at for elements and the root
  std::vector<JsonPlace> children;
  size_t text = 0;  // of several texts, the one that it stands in
};

struct JsonDocument {
  nlohmann::json value;
  JsonPlace root;
};

// The place of a member or an element; null when there is none.
const JsonPlace* child_at(const JsonPlace& place, const std::string& token);

struct JsonTextLimits {
  size_t bytes = kMaxJsonBytes;
  size_t values = kMaxJsonValues;
  bool places_of_scalars = true;  // false: an array of scalars alone has a place, and its elements none
};

// Parses UTF-8 text (a byte order mark is skipped) within the limits. Throws Error (kUsage) with
// `name:line:column`; a key that occurs twice in one object is an error.
JsonDocument parse_json_document(std::string_view text, const std::string& name,
                                 const JsonTextLimits& limits = {});

}  // namespace vernier::core
