#include "sweep/segments.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "device/op.h"
#include "graph/liveness.h"

namespace vernier::core {

namespace {

// A place where a segment may end.
struct Place {
  uint32_t node = 0;
  Cut cut;
  uint64_t waiting = 0;  // bytes of values that cross it
  uint64_t held = 0;     // bytes of the constants from the segment's beginning to here
};

// For each place between nodes, the one before node i at i: bytes of values that are made before and read
// after.
std::vector<uint64_t> crossing_bytes(const Graph& graph) {
  const std::vector<uint32_t> last = last_readers(graph);
  const auto count = static_cast<uint32_t>(graph.nodes.size());
  std::vector<int64_t> change(count + 2);
  const auto add = [&](ValueIndex value, uint32_t made) {
    if (last[value] == kNeverRead) return;
    const auto bytes = static_cast<int64_t>(value_bytes(graph.values[value]));
    change[made] += bytes;
    change[std::min(last[value], count) + 1] -= bytes;
  };
  for (const ValueIndex input : graph.inputs) add(input, 0);
  for (uint32_t node = 0; node < count; ++node)
    for (const ValueIndex output : graph.nodes[node].outputs) add(output, node + 1);
  std::vector<uint64_t> bytes;
  int64_t now = 0;
  for (uint32_t place = 0; place <= count; ++place) {
    now += change[place];
    bytes.push_back(static_cast<uint64_t>(now));
  }
  return bytes;
}

// True for the places where a segment must not end: a site that an earlier node shows something comes again.
std::vector<bool> inside_a_site(const Graph& graph) {
  std::map<int32_t, std::pair<uint32_t, uint32_t>> sites;  // first and last node
  for (uint32_t node = 0; node < graph.nodes.size(); ++node) {
    const int32_t site = graph.nodes[node].site;
    if (site >= 0) sites.try_emplace(site, node, node).first->second.second = node;
  }
  std::vector<int> change(graph.nodes.size() + 2);
  for (const auto& [site, nodes] : sites) {
    ++change[nodes.first + 1];
    --change[nodes.second + 1];
  }
  std::vector<bool> inside;
  int open = 0;
  for (size_t place = 0; place <= graph.nodes.size(); ++place) inside.push_back((open += change[place]) > 0);
  return inside;
}

// One for each node where a call begins or ends, in order.
std::vector<Place> places_of(const Graph& graph) {
  const std::vector<uint64_t> waiting = crossing_bytes(graph);
  const std::vector<bool> inside = inside_a_site(graph);
  std::vector<uint32_t> sites(graph.nodes.size() + 1);
  for (size_t node = 0; node < graph.nodes.size(); ++node)
    sites[node + 1] = sites[node] + (graph.nodes[node].site >= 0 ? 1 : 0);
  std::map<uint32_t, Place> places;
  const auto add = [&](uint32_t node, uint32_t scope, bool is_end) {
    if (node == 0 || node >= graph.nodes.size() || inside[node]) return;
    places.try_emplace(node, Place{node, {scope, is_end, sites[node]}, waiting[node], 0});
  };
  for (uint32_t scope = 0; scope < graph.scopes.size(); ++scope) {
    add(graph.scopes[scope].first_node, scope, false);
    add(graph.scopes[scope].end_node, scope, true);
  }
  std::vector<Place> result;
  for (const auto& [node, place] : places) result.push_back(place);
  return result;
}

// Of the places that a segment passed.
const Place& best_of(std::span<const Place> passed) {
  const uint64_t most = passed.back().held;
  const Place* best = &passed.back();
  for (const Place& place : passed) {
    if (place.held >= most - most / 2 && place.waiting < best->waiting) best = &place;
  }
  return *best;
}

// Where the segment that begins at `first` ends; nothing: with the graph.
std::optional<Place> end_of(const Graph& graph, uint32_t first, std::span<const Place> places,
                            const ConstantBytes& constant_bytes, uint64_t most_bytes) {
  std::set<ValueIndex> held;
  uint64_t bytes = 0;
  std::vector<Place> passed;
  auto next = std::ranges::find_if(places, [&](const Place& place) { return place.node > first; });
  for (uint32_t node = first; node < graph.nodes.size(); ++node) {
    if (next != places.end() && next->node == node) {
      const Place& place = *next++;
      if (bytes > 0) passed.push_back({place.node, place.cut, place.waiting, bytes});
    }
    const uint64_t before = bytes;
    for (const ValueIndex constant : whole_constants(graph, graph.nodes[node])) {
      if (held.insert(constant).second) bytes += constant_bytes(graph.values[constant]);
    }
    if (bytes > before && bytes > most_bytes && !passed.empty()) return best_of(passed);
  }
  return std::nullopt;
}

// Place of the cut in any graph of the entry. Where calls and sites do not come in the same order as in the
// first graph, the sites decide: each stays in its segment.
uint32_t node_of(const Graph& graph, const Cut& cut) {
  const GraphScope& scope = graph.scopes.at(cut.scope);
  const uint32_t wanted = cut.is_end ? scope.end_node : scope.first_node;
  uint32_t low = 0, high = 0, sites = 0;
  for (; high < graph.nodes.size(); ++high) {
    if (graph.nodes[high].site < 0) continue;
    if (sites == cut.sites) break;
    ++sites;
    low = high + 1;
  }
  return std::clamp(wanted, low, high);
}

}  // namespace

std::vector<ValueIndex> whole_constants(const Graph& graph, const GraphNode& node) {
  std::vector<ValueIndex> whole;
  const auto id = find_op(node.op, node.version);
  size_t next = 0;
  const auto read = [&](bool by_rows) {
    const ValueIndex value = node.inputs[next++];
    if (value != kNoValue && !by_rows && graph.values[value].kind == ValueKind::kConstant)
      whole.push_back(value);
  };
  if (id) {
    for (const ArgumentSignature& one : op_signatures()[*id].arguments) {
      if (one.kind == ArgumentKind::kValues) break;
      if (one.kind == ArgumentKind::kValue && next < node.inputs.size()) read(one.by_rows);
    }
  }
  while (next < node.inputs.size()) read(false);
  return whole;
}

std::vector<Cut> choose_cuts(const Graph& graph, const ConstantBytes& constant_bytes, uint64_t most_bytes) {
  const std::vector<Place> places = places_of(graph);
  std::vector<Cut> cuts;
  if (most_bytes == 0) return cuts;  // nothing can be held, so nothing is won
  uint32_t first = 0;
  while (const auto end = end_of(graph, first, places, constant_bytes, most_bytes)) {
    cuts.push_back(end->cut);
    first = end->node;
  }
  return cuts;
}

std::vector<Segment> segments_of(const Graph& graph, std::span<const Cut> cuts) {
  std::vector<Segment> segments;
  uint32_t first = 0;
  for (const Cut& cut : cuts) {
    const uint32_t end = std::max(first, node_of(graph, cut));
    segments.push_back({first, end});
    first = end;
  }
  segments.push_back({first, static_cast<uint32_t>(graph.nodes.size())});
  return segments;
}

std::vector<SegmentValues> values_of(const Graph& graph, std::span<const Segment> segments) {
  constexpr size_t kNowhere = SIZE_MAX;
  std::vector<size_t> made(graph.values.size(), kNowhere), last(graph.values.size(), kNowhere);
  std::vector<std::set<ValueIndex>> reads(segments.size());
  const auto read = [&](size_t segment, ValueIndex value) {
    if (value == kNoValue || graph.values[value].kind == ValueKind::kConstant) return;
    last[value] = segment;
    if (made[value] != segment) reads[segment].insert(value);
  };
  for (const ValueIndex input : graph.inputs) made[input] = 0;
  for (size_t segment = 0; segment < segments.size(); ++segment) {
    for (uint32_t node = segments[segment].first; node < segments[segment].end; ++node) {
      for (const ValueIndex input : graph.nodes[node].inputs) read(segment, input);
      for (const ValueIndex output : graph.nodes[node].outputs) made[output] = segment;
    }
  }
  for (const ValueIndex output : graph.outputs) read(segments.size() - 1, output);
  std::vector<SegmentValues> result(segments.size());
  for (size_t segment = 0; segment < segments.size(); ++segment)
    result[segment].loads.assign(reads[segment].begin(), reads[segment].end());
  for (ValueIndex value = 0; value < graph.values.size(); ++value) {
    if (made[value] == kNowhere || last[value] == kNowhere || last[value] == made[value]) continue;
    result[made[value]].keeps.push_back(value);
    result[last[value]].drops.push_back(value);
  }
  return result;
}

}  // namespace vernier::core
