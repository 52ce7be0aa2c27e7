// Two runs side by side as a page.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// `difference` as diff_runs() gives it.
[[nodiscard]] std::string diff_page(const nlohmann::json& difference);

}  // namespace vernier::core::html
