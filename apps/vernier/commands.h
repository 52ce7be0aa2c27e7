// One function a command: adds it to the program, and what it does when chosen.
#pragma once

#include <CLI/CLI.hpp>

namespace vernier::app {

void add_plan(CLI::App& program);
void add_run(CLI::App& program);
void add_verify(CLI::App& program);
void add_diff(CLI::App& program);
void add_explain(CLI::App& program);
void add_plugins(CLI::App& program);
void add_inspect(CLI::App& program);
void add_schema(CLI::App& program);
void add_synthesize(CLI::App& program);
void add_trial(CLI::App& program);
void add_smoke(CLI::App& program);
void add_trace(CLI::App& program);
void add_program(CLI::App& program);
void add_execute(CLI::App& program);
void add_generate(CLI::App& program);
void add_init(CLI::App& program);
void add_presets(CLI::App& program);
void add_quantize(CLI::App& program);
void add_completion(CLI::App& program);
void add_gates(CLI::App& program);
void add_sensitivity(CLI::App& program);
void add_tune(CLI::App& program);

}  // namespace vernier::app
