// Where a run's error is made: which modules add most of it to what they take.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace vernier::core {

// `sites`: those of a report's statistics. Rows [{"module", "before_db", "after_db", "made"}] of modules that
// have the sites act_in, act_out and weight, of which float and quantized run were compared: SQNR of both
// with all that gathered before, and by how much the error's share of the power grows, 10^(-after/10) -
// 10^(-before/10); the greatest first, ten at most. A weight whose range leaves few codes to its values is
// seen here, not in its own SQNR, which its large values keep high. In dB the first module behind exact
// inputs would always lose most.
[[nodiscard]] nlohmann::json losses(const nlohmann::json& sites);

}  // namespace vernier::core
