// The graphs that a run with a program will ask for, made before it runs.
#pragma once

namespace vernier::core {

class Pipeline;

// Traces the units of the recipe's program, and of the programs that are made for what samples bring: those
// that calibrate, and those of which statistics are taken. Shapes follow from the documents alone, so a
// forward that fails for some sample fails here, and where wrappers run elsewhere (trial.h) the host has each
// trace that it will want; what evaluation takes is told from them (RecipeProgram::observed, evaluated). The
// pipeline has a program. Throws Error: a trace's, with the sample whose extents it was for.
void trace_program(Pipeline& run);

}  // namespace vernier::core
