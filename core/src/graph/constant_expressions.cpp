#include "graph/constant_expressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "graph/bias.h"
#include "graph/value_uses.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr uint32_t kNoNode = 0xffffffff;
constexpr size_t kMostNodesOfAll = size_t{1} << 17;  // of the expressions of one trace together

class Separator {
 public:
  Separator(const Graph& traced, const std::function<bool(const GraphValue&)>& is_plain)
      : traced_(traced),
        is_constant_(traced.values.size()),
        producer_(traced.values.size(), kNoNode),
        readers_(traced.values.size()),
        stands_for_(traced.values.size()),
        is_dropped_(traced.nodes.size()) {
    for (ValueIndex i = 0; i < traced.values.size(); ++i) {
      stands_for_[i] = i;
      is_constant_[i] = traced.values[i].kind == ValueKind::kConstant && is_plain(traced.values[i]);
    }
    for (uint32_t n = 0; n < traced.nodes.size(); ++n) note(n);
    for (ValueIndex output : traced.outputs) is_output_.insert(output);
  }

  SeparatedConstants run() {
    for (uint32_t n = 0; n < traced_.nodes.size(); ++n) {
      if (is_fake_quantize(traced_.nodes[n])) take_quantize(n);
    }
    for (uint32_t n = 0; n < traced_.nodes.size(); ++n) {
      const GraphNode& node = traced_.nodes[n];
      if (!is_fake_quantize(node) && is_constant_[node.outputs[0]]) is_dropped_[n] = true;
    }
    take_floats();
    if (!expressions_.empty() || !result_.coded.empty()) return rest();
    result_.graph = traced_;
    return std::move(result_);
  }

 private:
  // What one node reads and gives; nodes come in execution order.
  void note(uint32_t n) {
    const GraphNode& node = traced_.nodes[n];
    bool all = true, any = false;
    for (ValueIndex input : node.inputs) {
      if (input == kNoValue) continue;
      readers_[input].push_back(n);
      any = true;
      all = all && is_constant_[input];
    }
    for (ValueIndex output : node.outputs) producer_[output] = n;
    if (is_fake_quantize(node)) {
      // One that sees some rows only stays a call: of a constant the observer would see all of them.
      if (!all || node.inputs.size() > 1) shared_sites_.insert(node.site);
      return;
    }
    if (any && all && node.outputs.size() == 1) is_constant_[node.outputs[0]] = true;
  }

  // A quantize call of a constant: its result is a constant of the site.
  void take_quantize(uint32_t n) {
    const GraphNode& node = traced_.nodes[n];
    const ValueIndex input = node.inputs[0], output = node.outputs[0];
    if (!is_constant_[input] || shared_sites_.count(node.site) != 0) return;
    is_dropped_[n] = true;
    const auto [known, is_new] = coded_.try_emplace({input, node.site}, output);
    if (!is_new) {
      stands_for_[output] = known->second;
    } else if (is_alone(input, node.site)) {
      known->second = stands_for_[output] = input;
      result_.coded.push_back({input, node.site});
      coded_alone_.insert(input);
    } else {
      expressions_[output] = {output, expression(input), node.site, false};
    }
  }

  // A parameter or table that only quantize calls of this site read.
  [[nodiscard]] bool is_alone(ValueIndex input, int32_t site) const {
    return producer_[input] == kNoNode && is_output_.count(input) == 0 &&
           std::all_of(readers_[input].begin(), readers_[input].end(), [&](uint32_t reader) {
             return is_fake_quantize(traced_.nodes[reader]) && traced_.nodes[reader].site == site;
           });
  }

  // Results of constant nodes that something else reads as they are.
  void take_floats() {
    for (ValueIndex value = 0; value < traced_.values.size(); ++value) {
      if (!is_constant_[value] || producer_[value] == kNoNode) continue;
      bool is_read = is_output_.count(value) != 0, is_bias = !is_read;
      for (uint32_t reader : readers_[value]) {
        if (is_dropped_[reader]) continue;
        is_read = true;
        const GraphNode& node = traced_.nodes[reader];
        is_bias = is_bias && is_product_with_bias(node) && node.inputs[2] == value &&
                  node.inputs[0] != value && node.inputs[1] != value;
      }
      if (is_read) expressions_[value] = {value, expression(value), -1, is_bias};
    }
  }

  // What gives `output`, as a graph of its own, in the order of the trace. What it costs depends on its own
  // size and not on the trace's.
  [[nodiscard]] Graph expression(ValueIndex output) {
    std::map<ValueIndex, ValueIndex> place;  // by value of the trace
    std::set<uint32_t> nodes;
    for (std::vector<ValueIndex> open = {output}; !open.empty();) {
      const ValueIndex value = open.back();
      open.pop_back();
      if (!place.emplace(value, kNoValue).second || producer_[value] == kNoNode) continue;
      nodes.insert(producer_[value]);
      if (nodes.size() > kMostExpressionNodes) refuse_large(output);
      for (ValueIndex input : traced_.nodes[producer_[value]].inputs) {
        if (input != kNoValue) open.push_back(input);
      }
    }
    all_nodes_ += nodes.size();
    if (all_nodes_ > kMostNodesOfAll) refuse_large(output);
    Graph graph;
    graph.name = traced_.values[output].name;
    for (auto& [value, own] : place) {
      own = static_cast<ValueIndex>(graph.values.size());
      graph.values.push_back(traced_.values[value]);
    }
    for (uint32_t n : nodes) {
      GraphNode node = traced_.nodes[n];
      for (ValueIndex& input : node.inputs) input = input == kNoValue ? kNoValue : place.at(input);
      for (ValueIndex& each : node.outputs) each = place.at(each);
      graph.nodes.push_back(std::move(node));
    }
    graph.outputs = {place.at(output)};
    return graph;
  }

  [[noreturn]] void refuse_large(ValueIndex output) const {
    const bool is_one = all_nodes_ <= kMostNodesOfAll;
    throw plugin_error(
        is_one ? fmt::format("constant {} is made of other constants by more than {} ops",
                             traced_.values[output].name, kMostExpressionNodes)
               : fmt::format("constants up to {} are made of other constants by more than {} ops, those that "
                             "they share counted for each",
                             traced_.values[output].name, kMostNodesOfAll),
        traced_.nodes[producer_[output]].module,
        "compute it in the constructor and give it as a table, or keep it in the checkpoint");
  }

  // Gone: what dropped nodes gave, unless it is a constant now, and constants that nothing else reads.
  [[nodiscard]] bool is_gone(ValueIndex value) const {
    if (stands_for_[value] != value) return true;
    if (expressions_.count(value) != 0) return false;
    if (producer_[value] != kNoNode) return is_dropped_[producer_[value]];
    if (!is_constant_[value] || readers_[value].empty() || is_output_.count(value) != 0) return false;
    return coded_alone_.count(value) == 0 &&
           std::all_of(readers_[value].begin(), readers_[value].end(),
                       [&](uint32_t reader) { return is_dropped_[reader]; });
  }

  SeparatedConstants rest() {
    Graph& graph = result_.graph;
    graph.name = traced_.name;
    graph.attributes = traced_.attributes;
    graph.output_names = traced_.output_names;
    std::vector<ValueIndex> place(traced_.values.size(), kNoValue);
    for (ValueIndex i = 0; i < traced_.values.size(); ++i) {
      if (is_gone(i)) continue;
      place[i] = static_cast<ValueIndex>(graph.values.size());
      GraphValue value = traced_.values[i];
      if (const auto found = expressions_.find(i); found != expressions_.end()) {
        value.kind = ValueKind::kConstant;
        value.constant_bytes = value_bytes(value);
        value.is_filled = true;
        ConstantExpression& made = found->second;
        made.value = place[i];
        result_.expressions.push_back(std::move(made));
      }
      graph.values.push_back(std::move(value));
    }
    for (CodedConstant& one : result_.coded) one.value = place[one.value];
    std::sort(result_.coded.begin(), result_.coded.end(),
              [](const CodedConstant& a, const CodedConstant& b) { return a.value < b.value; });
    const auto moved = [&](std::vector<ValueIndex> values) {
      for (ValueIndex& value : values) value = value == kNoValue ? kNoValue : place[stands_for_[value]];
      return values;
    };
    std::vector<uint32_t> kept_before;  // by node
    for (uint32_t n = 0; n < traced_.nodes.size(); ++n) {
      kept_before.push_back(static_cast<uint32_t>(graph.nodes.size()));
      if (is_dropped_[n]) continue;
      GraphNode node = traced_.nodes[n];
      node.inputs = moved(std::move(node.inputs));
      node.outputs = moved(std::move(node.outputs));
      graph.nodes.push_back(std::move(node));
    }
    kept_before.push_back(static_cast<uint32_t>(graph.nodes.size()));
    graph.inputs = moved(traced_.inputs);
    graph.outputs = moved(traced_.outputs);
    for (GraphScope scope : traced_.scopes) {
      scope.inputs = moved(std::move(scope.inputs));
      scope.outputs = moved(std::move(scope.outputs));
      scope.first_node = kept_before[scope.first_node];
      scope.end_node = kept_before[scope.end_node];
      graph.scopes.push_back(std::move(scope));
    }
    return std::move(result_);
  }

  const Graph& traced_;
  std::vector<bool> is_constant_;               // known without any sample, before quantize
  std::vector<uint32_t> producer_;              // node
  std::vector<std::vector<uint32_t>> readers_;  // nodes
  std::vector<ValueIndex> stands_for_;          // for results of quantize calls that are gone: the constant
  std::vector<bool> is_dropped_;                // nodes
  std::set<ValueIndex> is_output_;
  std::set<int32_t> shared_sites_;    // that see values which are not constant
  std::set<ValueIndex> coded_alone_;  // of `coded`
  size_t all_nodes_ = 0;              // of all expressions so far
  std::map<std::pair<ValueIndex, int32_t>, ValueIndex> coded_;
  std::map<ValueIndex, ConstantExpression> expressions_;  // by what they give in the traced graph
  SeparatedConstants result_;
};

}  // namespace

SeparatedConstants separate_constants(const Graph& traced,
                                      const std::function<bool(const GraphValue&)>& is_plain) {
  return Separator(traced, is_plain).run();
}

}  // namespace vernier::core
