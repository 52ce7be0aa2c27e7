// What is done before the process ends in the ordinary way.
#pragma once

namespace vernier::core {

// `work` runs once when `end_process`, exit() or the return of main() ends the process; what was added last
// runs first, before the destructors of what was loaded earlier. It does not run when a signal or _exit()
// ends it.
void at_end(void (*work)());
// Runs what is left to do. [main thread]
void run_at_end();

}  // namespace vernier::core
