// Text and numbers in HTML and SVG.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace vernier::core::html {

// Names come from checkpoints, recipes and plugins: everything is escaped.
std::string escape(std::string_view text);
// The same of a path, which a line may be broken behind a "." or "/" of.
std::string breakable(std::string_view path);
// "1.234e-05", "36.00", "–" for null.
std::string number(const nlohmann::json& value, int digits = 4);
// An SQNR for people; null means that nothing differs: "20.00 dB", "exact".
std::string decibel(const nlohmann::json& value);
// "3.9 kB", "23.3 MB".
std::string bytes(double count);
// The end of a long path, with "…" in front.
std::string tail(const std::string& text, size_t length);
// The module of a site: what stands before its last "/".
std::string module_of(const std::string& site);

}  // namespace vernier::core::html
