// What comes from outside or says that a write failed: SIGINT, SIGTERM, SIGHUP, SIGPIPE, …
#pragma once

namespace vernier::core {

void handle_signals();

}  // namespace vernier::core
