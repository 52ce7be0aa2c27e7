// The top of report.html: what the run comes to, what was not met, what to try.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// The word, the headline, and each reason that is no warning with a section of its own.
std::string verdict(const nlohmann::json& report);
std::string next_steps(const nlohmann::json& report);
// Every gate: those on numbers of the fake-quant run, of each executed file and of a program's files.
std::string gates(const nlohmann::json& report);
// The run kept no model file.
bool is_refused(const nlohmann::json& report);
// A gate was not met before a graph was captured for a file: there is nothing to draw, and no reason to say
// that the recipe exports nothing.
bool is_undrawn(const nlohmann::json& report);
// "decode: "; empty where there is only one unit.
std::string unit_of(const nlohmann::json& row);

}  // namespace vernier::core::html
