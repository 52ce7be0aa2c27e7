// What a processor is told of the program that its tensors are for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "plugin/catalog.h"
#include "program/program.h"

namespace vernier::core {

// Adds to the options of the processor "limits": {"pixel_values": [1, 108, 192]}, what each tensor of a
// request may be at most. Nothing where its manifest has no such option, or `options` have it.
void add_request_limits(nlohmann::json& options, const Catalog& catalog, const std::string& processor,
                        const Program& program);

}  // namespace vernier::core
