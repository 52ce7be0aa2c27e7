// Which vernier this is; the text stands in one generated file, so that a new commit changes one object.
#pragma once

#include <string>

namespace vernier::app {

// "0123456789ab", or "unknown" where the source is no clone. Of the time when the build was configured.
const char* build_commit();
// "2.13.0", or "none".
const char* build_torch_version();

// "vernier 0.1.0 (commit 0123456789ab), ABI 1.2, LibTorch 2.13.0"
std::string version_text();

}  // namespace vernier::app
