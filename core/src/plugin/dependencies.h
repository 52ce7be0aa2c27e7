// Which libraries a library needs, and in which folders it looks for them.
#pragma once

#include <string>
#include <vector>

#include "plugin/byte_source.h"

namespace vernier::core {

struct Dependencies {
  std::vector<std::string> needed;   // DT_NEEDED, in order
  std::vector<std::string> folders;  // DT_RUNPATH, without one DT_RPATH; in order, "$ORIGIN" as it is written
};

// Empty where the ELF64 file has no dynamic section, or a damaged one: the loader says what is wrong with it.
[[nodiscard]] Dependencies read_dependencies(const ByteSource& file);

}  // namespace vernier::core
