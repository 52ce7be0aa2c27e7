// Grids of buffers over the steps that copy codes from one to another.
#pragma once

#include <functional>
#include <vector>

#include "program/program.h"

namespace vernier::core {

// Of a buffer; null: it holds float32 values, or integers.
using GridOf = std::function<const QParams*(size_t buffer)>;

// That the steps which copy codes have one grid on both sides. Throws Error (kData) at the step, naming both
// buffers.
void require_equal_grids(const Program& program, const GridOf& grid);

// Gives buffers that no file touches the grid of what is copied from or to them. `is_known`, by buffer: a
// file reads or writes it, so that its grid is settled, also where it has none; what is settled here is set.
void spread_grids(Program& program, std::vector<bool>& is_known);

// Float32 buffers among which a step copies codes; none of a step that does not.
[[nodiscard]] std::vector<size_t> copied_among(const Program& program, const ProgramStep& step);

[[nodiscard]] bool is_equal_grid(const QParams* a, const QParams* b);

}  // namespace vernier::core
