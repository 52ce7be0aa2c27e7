#include "merge.h"

#include <vernier/error.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace circle_backend {

namespace {

class Merger {
 public:
  Model run(std::vector<Part> parts) {
    model_.dialect = parts.front().model.dialect;
    model_.description = parts.front().model.description;
    model_.has_signatures = true;
    for (size_t i = 0; i < parts.size(); ++i) add(i, std::move(parts[i]));
    return std::move(model_);
  }

 private:
  void add(size_t place, Part part) {
    Subgraph& subgraph = part.model.subgraphs.front();
    subgraph.name = part.name;
    subgraph.key = std::move(part.name);
    require_unique(subgraph, subgraph.input_names, "input");
    require_unique(subgraph, subgraph.output_names, "output");
    for (Operator& op : subgraph.operators) op.code = code(part.model.codes[op.code]);
    std::vector<uint32_t> buffers;
    for (Data& data : part.model.buffers) {
      data.graph = place;
      buffers.push_back(buffer(std::move(data)));
    }
    for (Tensor& tensor : subgraph.tensors) tensor.buffer = buffers[tensor.buffer];
    model_.subgraphs.push_back(std::move(subgraph));
  }

  static void require_unique(const Subgraph& subgraph, const std::vector<std::string>& names,
                             const char* what) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second)
        throw vernier::unimplemented("graph " + subgraph.name + " has the " + what + " \"" + name +
                                     "\" twice, which a signature cannot have");
    }
  }

  uint32_t code(circle::BuiltinOperator wanted) {
    auto found = std::find(model_.codes.begin(), model_.codes.end(), wanted);
    if (found == model_.codes.end()) found = model_.codes.insert(found, wanted);
    return static_cast<uint32_t>(found - model_.codes.begin());
  }

  uint32_t buffer(Data data) {
    if (data.source == Data::Source::kNone) return 0;
    const auto next = static_cast<uint32_t>(model_.buffers.size());
    uint32_t place = next;
    if (data.source == Data::Source::kMade)
      place = made_.try_emplace(data.bytes, next).first->second;
    else if (data.constant_id != 0)
      place = shared_.try_emplace({data.constant_id, data.flip}, next).first->second;
    if (place == next) model_.buffers.push_back(std::move(data));
    return place;
  }

  Model model_;
  std::map<std::vector<std::byte>, uint32_t> made_;
  std::map<std::pair<uint64_t, uint8_t>, uint32_t> shared_;  // by constant_id and flip
};

}  // namespace

Model merge(std::vector<Part> parts) { return Merger().run(std::move(parts)); }

}  // namespace circle_backend
