// What quantization does at the sites of a program: statistics as units that are evaluated one by one have
// them.
#pragma once

#include <cstdint>
#include <vector>

namespace vernier::core {

class Pipeline;
class StatisticsCollector;
struct RecipeProgram;

// Runs the first evaluation samples in float and quantized, each at its own extents: its prompt and answer as
// a prompt without pad rows, then, for units that only phases of each token run, one pass at a full cache.
// Those are the calls on which a sample calibrates (program_samples.h), so pads and empty slots count
// nowhere. Throws Error naming a sample that fails.
void observe_program(Pipeline& run, StatisticsCollector& statistics);

// Which samples those are: ones with fewer than two tokens have no such calls and are left out. Throws Error
// naming a sample that cannot be read.
[[nodiscard]] std::vector<uint64_t> observed_samples(const RecipeProgram& program);

}  // namespace vernier::core
