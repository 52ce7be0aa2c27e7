// What a program that is nothing but a host wants of its process: crashes with a name, signals that stop a
// run, an end without detours. A program that embeds the library calls none of these and keeps its own
// handlers.
#pragma once

#include "vernier/core/run_control.h"

namespace vernier::core {

// For the start of main(). From now on, in this process but not in one that a plugin forks:
// - SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS print one error, remove files that have no name
// of
//   their own yet, and end the process with the exit code of the error: 5 naming the file where a mapped file
//   became shorter (SIGBUS), 3 naming plugin and place during a call into a plugin, else 70. Not in a build
//   with AddressSanitizer, which has a better report.
// - SIGPIPE and SIGXFSZ do nothing: the write that caused them returns an error.
// - SIGINT, SIGTERM, SIGHUP, unless stop_on_signals() was called, and all other signals that end a process by
// default
//   remove such files and take their default action. A signal that is ignored already (nohup) stays ignored.
// - exit() and quick_exit() by anybody but end_process() are an error, see refuse_exit().
// - Standard input, output and error are open, so that no file of a run gets their numbers.
void guard_process();

// For the start of a thread: a stack that overflowed cannot take the handler of the crash, so each thread has
// a second one. Does nothing where the thread has it already.
void guard_thread();

// From now on the first SIGINT, SIGTERM or SIGHUP asks `control` to stop, and says which plugin's call the
// host waits for, where it is in one. The second one ends the process at once, unfinished files removed, with
// 130, 143 or 129. `control` must live until the process ends. After guard_process().
void stop_on_signals(RunControl& control);

// Ends the process with 3, unfinished files removed, naming the plugin whose call runs and the library that
// holds `caller` (an address in its code, or null). Returns where the host itself ends the process, and in a
// process that a plugin forked. For functions of the program that stand before the C library's exit(). [any
// thread]
void refuse_exit(const void* caller);

// Ends the process at once: plugins are shut down (plugins.h) and output is flushed, but the destructors of
// libraries do not run: LibTorch's take 0.1 s and have nothing to do. With AddressSanitizer it ends as any
// other, for leaks are looked for there.
[[noreturn]] void end_process(int exit_code);

}  // namespace vernier::core
