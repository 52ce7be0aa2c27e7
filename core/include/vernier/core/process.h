// How the process ends.
#pragma once

namespace vernier::core {

// For the program: from now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT print one error, remove files that
// have no name of their own yet, and end the process with the exit code of the error:
//   a mapped file that became shorter (SIGBUS)   5, naming the file
//   during a call into a plugin                  3, naming plugin and place
//   else                                         70
// Does nothing in a build with AddressSanitizer, which has a better report.
void report_crashes();

// Ends the process at once: plugins are shut down (plugins.h) and output is flushed, but the destructors of
// libraries do not run: LibTorch's take 0.1 s and have nothing to do. With AddressSanitizer it ends as any
// other, for leaks are looked for there.
[[noreturn]] void end_process(int exit_code);

}  // namespace vernier::core
