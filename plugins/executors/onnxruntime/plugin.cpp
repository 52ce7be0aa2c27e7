// Runs .onnx files in onnxruntime, in a Python process.
#include "../python_executor.h"
#include "onnxruntime_script.h"

namespace {

class OnnxRuntime : public vernier::executors::PythonExecutor {
 public:
  OnnxRuntime(const vernier::Options& options, const std::string& path)
      : PythonExecutor(kOnnxRuntimeScript, options, path) {}
};

}  // namespace

VERNIER_PLUGIN(vernier::executor<OnnxRuntime>("onnxruntime"));
