// What quantization does at the sites of a program: statistics as units that are evaluated one by one have
// them.
#pragma once

namespace vernier::core {

class Pipeline;
class StatisticsCollector;

// Runs the first evaluation samples in float and quantized, each at its own extents: its prompt and answer as
// a prompt without pad rows, then, for units that only phases of each token run, one pass at a full cache.
// Those are the calls on which a sample calibrates (program_samples.h), so pads and empty slots count
// nowhere. Samples with fewer than two tokens have no such calls and are left out. Throws Error naming a
// sample that fails.
void observe_program(Pipeline& run, StatisticsCollector& statistics);

}  // namespace vernier::core
