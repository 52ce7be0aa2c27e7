// A trial: the plan of a recipe made in a process of its own, before the host makes it. There a plugin may
// crash, end the process, hang or take all memory; the host hears of it and goes on. Wrappers run there
// alone: the host makes the calls again that they made.
#pragma once

#include "vernier/core/session.h"
#include "vernier/core/smoke.h"

namespace vernier::core {

enum class TrialScope {
  kPlan,    // all that a plan does, each export's backend included
  kTraces,  // the module tree, the traces and the observers: for a command that writes no file
};

// The process's side, for the program `vernier` alone (its command `trial`): makes the plan of `options` on
// the reference device, writes what wrappers did into the file that the host gave (descriptor 3) and where it
// lies there, or the error, to standard output, and returns. What plugins print there goes nowhere. Ends the
// process with 3, naming plugin and place on standard error, where one call into a plugin takes longer than
// runtime.trace_timeout, or where memory for data grows by more than 2 GiB (with a sanitizer: unlimited).
// After guard_process(). [once in a process]
void serve_trial(const SessionOptions& options, TrialScope scope);

// The same for a smoke case (`trial-smoke`): the one type and name of `options`, whose wrapper declares what
// it wants of a checkpoint.
void serve_smoke_trial(const SmokeOptions& options);

}  // namespace vernier::core
