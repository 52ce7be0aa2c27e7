// A process that somebody else ends before the host is done.
#pragma once

namespace vernier::core {

// From now on an exit() or quick_exit() that is not the host's own ends in refuse_exit().
void guard_exits();
// The host itself ends the process: what is called from now on is let pass.
void allow_exit();

}  // namespace vernier::core
