// What the process says when a signal ends it, instead of nothing.
#pragma once

namespace vernier::core {

// For the program: from now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT print one error, remove files that have no name of their own
// yet, and end the process with the exit code of the error:
//   a mapped file that became shorter (SIGBUS)   5, naming the file
//   during a call into a plugin                  3, naming plugin and place
//   else                                         70
// Does nothing in a build with AddressSanitizer, which has a better report.
void report_crashes();

}  // namespace vernier::core
