// A command that has told all it has to tell ends with a code that is no error of the program.
#pragma once

namespace vernier::app {

struct Ended {
  int code;
};

inline void end_with(int code) {
  if (code != 0) throw Ended{code};
}

}  // namespace vernier::app
