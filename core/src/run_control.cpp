#include "vernier/core/run_control.h"

namespace vernier::core {

const RunControl& RunControl::none() {
  static const RunControl control;
  return control;
}

void RunControl::throw_stopped() const { throw stop_error(static_cast<ErrorKind>(stop_.load())); }

}  // namespace vernier::core
