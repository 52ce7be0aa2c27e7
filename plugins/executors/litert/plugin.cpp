// Runs .tflite files in LiteRT, in a Python process.
#include "../python_executor.h"
#include "litert_script.h"

namespace {

class LiteRt : public vernier::executors::PythonExecutor {
 public:
  LiteRt(const vernier::Options& options, const std::string& path)
      : PythonExecutor(kLitertScript, options, path) {}
};

}  // namespace

VERNIER_PLUGIN(vernier::executor<LiteRt>("litert"));
