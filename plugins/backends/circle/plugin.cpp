// The backends circle and tflite: graph in, bytes of a file out.
#include <vernier/backend.h>

#include "lowering.h"
#include "merge.h"
#include "serialize.h"

namespace {

using circle_backend::Codes;
using circle_backend::Dialect;

// LiteRT's kernels have signed codes.
Codes codes_of(Dialect dialect, const vernier::Options& options) {
  if (dialect == Dialect::kTflite) return Codes::kSigned;
  return options.text("/codes", "as_is") == "unsigned" ? Codes::kUnsigned : Codes::kAsIs;
}

template <Dialect dialect>
class ModelBackend : public vernier::Backend {
 public:
  explicit ModelBackend(const vernier::Options& options)
      : description_(options.text("/description", "vernier")),
        options_{dialect, codes_of(dialect, options), options.text("/io", "codes") == "float32"} {}

  void write(const vernier::Graph& graph, vernier::Sink& sink) override {
    const circle_backend::Model model = circle_backend::Lowering(graph, options_).run(description_);
    serialize(
        model, [&](size_t) -> const vernier::Graph& { return graph; }, sink);
  }

  void write_set(const std::vector<vernier::NamedGraph>& graphs, vernier::Sink& sink) {
    std::vector<circle_backend::Part> parts;
    parts.reserve(graphs.size());
    for (const vernier::NamedGraph& each : graphs) parts.push_back({std::string(each.name), lowered(each)});
    const circle_backend::Model model = circle_backend::merge(std::move(parts));
    serialize(
        model, [&](size_t i) -> const vernier::Graph& { return graphs[i].graph; }, sink);
  }

 private:
  [[nodiscard]] circle_backend::Model lowered(const vernier::NamedGraph& named) const {
    try {
      return circle_backend::Lowering(named.graph, options_).run(description_);
    } catch (const vernier::Error& error) {
      if (error.recorded()) throw;  // the host has its text
      throw vernier::Error(error.code(), "graph " + std::string(named.name) + ": " + error.what());
    }
  }

  template <typename GraphAt>
  static void serialize(const circle_backend::Model& model, GraphAt graph_at, vernier::Sink& sink) {
    circle_backend::serialize(
        model,
        [&](size_t graph, uint64_t value, uint64_t offset, void* destination, uint64_t length) {
          graph_at(graph).read_constant(value, offset, destination, length);
        },
        [&](const void* bytes, uint64_t length) { sink.write(bytes, length); });
  }

  std::string description_;
  circle_backend::LoweringOptions options_;
};

}  // namespace

VERNIER_PLUGIN(vernier::backend<ModelBackend<Dialect::kCircle>>("circle"),
               vernier::backend<ModelBackend<Dialect::kTflite>>("tflite"));
