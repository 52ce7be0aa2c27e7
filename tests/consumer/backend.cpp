// A listing of the operators and their outputs, one a line.
#include <vernier/backend.h>

class Listing : public vernier::Backend {
 public:
  explicit Listing(const vernier::Options& options) : title_(options.text("/title", "graph")) {}
  void write(const vernier::Graph& graph, vernier::Sink& sink) override {
    sink.write(title_ + " " + std::string(graph.name()) + "\n");
    for (const vernier::GraphNode& node : graph.nodes()) {
      const vernier::GraphValue out = graph.value(node.outputs[0]);
      sink.write(std::string(node.op) + " -> " + std::string(out.name) + " " + out.dtype.name() + " scale " +
                 (out.is_quantized() ? std::to_string(out.scale[0]) : "none") + "\n");
    }
  }

 private:
  std::string title_;
};

VERNIER_PLUGIN(vernier::backend<Listing>("acme_listing"));
