// The names of a graph's operators, one a line.
#include <vernier/backend.h>

class Names : public vernier::Backend {
 public:
  explicit Names(const vernier::Options&) {}

  void write(const vernier::Graph& graph, vernier::Sink& sink) override {
    for (const vernier::GraphNode& node : graph.nodes()) sink.write(std::string(node.op) + "\n");
  }
};

VERNIER_PLUGIN(vernier::backend<Names>("names"));
