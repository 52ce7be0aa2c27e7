// What the handlers of signals share. All of it is async-signal-safe: no allocation, no locks, no streams.
#pragma once

namespace vernier::core {

// Writes to standard error.
void say(const char* text);
// "module encoder (BertEncoder) (plugin org.example.bert)" of the call into a plugin that is going on; false,
// and nothing said, where there is none.
bool say_call();

// Remembers that this process is the host; before it, and in a process that a plugin forked, is_host() is
// false.
void mark_host();
bool is_host();

// Removes what has no name of its own yet; does nothing where this process is not the host.
void remove_unfinished();
// The same, and ends the process.
[[noreturn]] void end_at_once(int exit_code);
// The signal's default action, taken now.
void take_default(int signal);

}  // namespace vernier::core
