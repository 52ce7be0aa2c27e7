// What a stranger's option schema must not do to the host that reads it.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace vernier::core {

// Checks what a validator takes on trust: references stay within `schema` and exist, following them ends (and
// soon), patterns are regular expressions. A schema may still refer to itself one level down, as a tree does.
// Throws Error (kPlugin) with the pointer of the fault and what it is. Says nothing of keywords and their
// types: that is the validator's part.
void check_option_schema(const nlohmann::json& schema);

}  // namespace vernier::core
