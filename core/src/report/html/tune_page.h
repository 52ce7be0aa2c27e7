// tune.html: what a tune tried, as a picture and a table.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// `result` as TuneResult's JSON, with "target". Needs no network and has no script. The picture has a point
// for each recipe: share of wide activation sites across, SQNR up.
[[nodiscard]] std::string tune_page(const nlohmann::json& result);

}  // namespace vernier::core::html
