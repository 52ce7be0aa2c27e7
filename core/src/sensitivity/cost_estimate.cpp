#include "sensitivity/cost_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "graph/live_bytes.h"

namespace vernier::core {

namespace {

using Values = std::vector<Tensor>;

// Of the float values that two runs have at the same place: the power of what differs in the power of the
// first one's, added up over values.
double difference(const Values& reference, const Values& test) {
  double sum = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const Tensor &r = reference[i], &t = test[i];
    if (!r.defined() || !t.defined() || r.dtype != kFloat32 || r.data == t.data) continue;
    double signal = 0, noise = 0;
    const auto *a = r.as<float>(), *b = t.as<float>();
    for (int64_t k = 0; k < r.elements(); ++k) {
      const double diff = a[k] == b[k] ? 0 : static_cast<double>(a[k]) - b[k];  // infinite masks are equal
      signal += static_cast<double>(a[k]) * a[k];
      noise += diff * diff;
    }
    if (noise != 0) sum += signal == 0 ? 1 : noise / signal;
  }
  return sum;
}

// One sample's float run, and runs that leave it and come back.
class Estimate {
 public:
  Estimate(SiteCosts& costs, const CompiledGraph& compiled, std::span<const Tensor> inputs,
           const SiteQParams& quantized, std::span<const CostRow> rows)
      : costs_(costs),
        runs_(costs.runs(compiled)),
        none_(quantized.size(), nullptr),
        quantized_(quantized),
        rows_(rows) {
    const double pieces = std::sqrt(static_cast<double>(rows.size()));
    cuts_ = cheap_cuts(*compiled.graph, static_cast<uint32_t>(std::lround(std::max(1.0, pieces))));
    for (const CostRow& row : rows) uses_.push_back(SiteCosts::use_of(runs_, row));
    costs_.choice().choose(none_);
    runs_.interpreter.begin(Reading::kQuantize, inputs, floats_.emplace_back());
    for (const uint32_t cut : cuts_) {
      Values values = floats_.back();
      advance(floats_.size() == 1 ? 0 : cuts_[floats_.size() - 2], cut, values);
      floats_.push_back(std::move(values));
    }
  }

  std::vector<double> run() {
    std::vector<size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](size_t row) { return uses_[row].first; });
    std::vector<double> result(rows_.size(), std::numeric_limits<double>::quiet_NaN());
    size_t next = 0;
    for (size_t piece = 0; piece < cuts_.size(); ++piece) {
      Values values = floats_[piece];
      uint32_t here = begin_of(piece);
      for (; next < order.size() && uses_[order[next]].first < cuts_[piece]; ++next) {
        const size_t row = order[next];
        advance(here, uses_[row].first, values);
        here = uses_[row].first;
        result[row] = cost(row, values);
      }
      floats_[piece].clear();  // no later row begins there
    }
    return result;
  }

 private:
  [[nodiscard]] uint32_t begin_of(size_t piece) const { return piece == 0 ? 0 : cuts_[piece - 1]; }
  void advance(uint32_t first, uint32_t end, Values& values) {
    runs_.interpreter.advance(Reading::kQuantize, first, end, values);
  }

  // Of a row whose first node is the next one; `values` are the float run's before it.
  double cost(size_t row, const Values& values) {
    for (const int site : rows_[row].sites)
      costs_.choice().choose(site, quantized_[static_cast<size_t>(site)]);
    const auto cut = static_cast<size_t>(std::ranges::lower_bound(cuts_, uses_[row].end) - cuts_.begin());
    Values branch = values;
    advance(uses_[row].first, cuts_[cut], branch);
    costs_.choice().choose(none_);
    const double there = difference(floats_[cut + 1], branch);
    return there == 0 ? 0 : there * gain(cut);
  }

  // Of an error at the end of that piece.
  double gain(size_t piece) {
    if (piece + 1 == cuts_.size()) return 1;
    if (const auto found = gains_.find(piece); found != gains_.end()) return found->second;
    costs_.choice().choose(quantized_);
    Values values = floats_[piece];
    advance(begin_of(piece), cuts_[piece], values);
    costs_.choice().choose(none_);
    const double here = difference(floats_[piece + 1], values);
    advance(cuts_[piece], cuts_.back(), values);
    const double there = difference(floats_.back(), values);
    return gains_[piece] = here == 0 ? 0 : there / here;
  }

  SiteCosts& costs_;
  SiteCosts::Runs& runs_;
  const SiteQParams none_;
  const SiteQParams& quantized_;
  const std::span<const CostRow> rows_;
  std::vector<uint32_t> cuts_;
  std::vector<SiteUse> uses_;
  std::vector<Values> floats_;  // before the first node, then at each cut
  std::map<size_t, double> gains_;
};

}  // namespace

std::vector<uint32_t> cheap_cuts(const Graph& graph, uint32_t pieces) {
  const auto count = static_cast<uint32_t>(graph.nodes.size());
  LiveBytes live(graph, true);
  live.begin(graph.inputs);
  std::vector<uint64_t> bytes = {live.now()};  // by place: the one before node i at i
  for (uint32_t node = 0; node < count; ++node) {
    live.make(node);
    live.drop(node);
    bytes.push_back(live.now());
  }
  std::vector<uint32_t> cuts;
  for (uint32_t piece = 1; piece < pieces; ++piece) {
    const uint32_t first = (2 * piece - 1) * count / (2 * pieces),
                   end = (2 * piece + 1) * count / (2 * pieces);
    if (first >= end) continue;
    const auto least = std::min_element(bytes.begin() + first, bytes.begin() + end);
    const auto cut = static_cast<uint32_t>(least - bytes.begin());
    if (cut != 0 && (cuts.empty() || cut > cuts.back())) cuts.push_back(cut);
  }
  if (cuts.empty() || cuts.back() != count) cuts.push_back(count);
  return cuts;
}

std::vector<double> estimate_costs(SiteCosts& costs, const CompiledGraph& compiled,
                                   std::span<const Tensor> inputs, const SiteQParams& quantized,
                                   std::span<const CostRow> rows) {
  return Estimate(costs, compiled, inputs, quantized, rows).run();
}

}  // namespace vernier::core
