// The error of bytes that contradict the format or themselves.
#pragma once

#include <vernier/error.h>

#include <string>

namespace circle_executor {

[[noreturn]] inline void damaged(const std::string& what) {
  throw vernier::Error(VERNIER_DATA_LOSS,
                       what + "; the file is damaged or its writer is at fault: write it anew");
}

}  // namespace circle_executor
