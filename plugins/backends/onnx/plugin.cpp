// The backend onnx: graph in, bytes of an .onnx file out.
#include <vernier/backend.h>

#include "lowering.h"
#include "serialize.h"

namespace {

class OnnxBackend : public vernier::Backend {
 public:
  explicit OnnxBackend(const vernier::Options& options)
      : description_(options.text("/description", "")), io_codes_(options.text("/io", "float32") == "codes") {
    storage_.is_external = options.boolean("/external_data", false);
  }

  void write(const vernier::Graph& graph, vernier::Sink& sink) override {
    onnx_backend::serialize(onnx_backend::Lowering(graph, io_codes_).run(description_), graph, sink,
                            storage_);
  }

 private:
  std::string description_;
  bool io_codes_;
  onnx_backend::Storage storage_;
};

}  // namespace

VERNIER_PLUGIN(vernier::backend<OnnxBackend>("onnx"));
