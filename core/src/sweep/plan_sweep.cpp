#include "sweep/plan_sweep.h"

#include <algorithm>
#include <set>

#include "graph/liveness.h"

namespace vernier::core {

namespace {

uint64_t tensor_bytes(const GraphValue& value) {
  return value.dtype.bytes(static_cast<uint64_t>(element_count(value.shape)));
}

// Of one run of a segment: the constants that are held, and the most that is live beside them.
struct SegmentNeed {
  uint64_t constants = 0;
  uint64_t live = 0;
};

// As HeldConstants takes them.
struct Room {
  uint64_t most = 0;
  bool takes_any = false;

  [[nodiscard]] bool takes(uint64_t bytes, uint64_t held) const {
    return (takes_any && held == 0) || (held <= most && bytes <= most - held);
  }
};

// Of one lane; `before`: held for lanes that came before.
SegmentNeed need_of(const Graph& graph, const Segment& segment, const SegmentValues& own,
                    const ConstantBytes& constant_bytes, const Room& room, uint64_t before) {
  const std::vector<uint32_t> last = last_readers(graph);
  std::set<ValueIndex> held;
  SegmentNeed need{before, 0};
  uint64_t live = 0;
  const std::vector<ValueIndex>& begin = segment.first == 0 ? graph.inputs : own.loads;
  for (const ValueIndex value : begin) live += tensor_bytes(graph.values[value]);
  need.live = live;
  for (uint32_t node = segment.first; node < segment.end; ++node) {
    uint64_t passing = 0;  // constants that are made for this node alone
    for (const ValueIndex constant : whole_constants(graph, graph.nodes[node])) {
      const uint64_t bytes = constant_bytes(graph.values[constant]);
      if (bytes == 0 || held.contains(constant)) continue;
      if (room.takes(bytes, need.constants)) {
        held.insert(constant);
        need.constants += bytes;
      } else {
        passing += bytes;
      }
    }
    for (const ValueIndex output : graph.nodes[node].outputs) live += tensor_bytes(graph.values[output]);
    need.live = std::max(need.live, live + passing);
    std::set<ValueIndex> read(graph.nodes[node].inputs.begin(), graph.nodes[node].inputs.end());
    for (const ValueIndex output : graph.nodes[node].outputs)
      if (last[output] == kNeverRead) read.insert(output);
    for (const ValueIndex value : read) {
      if (value == kNoValue || graph.values[value].kind == ValueKind::kConstant) continue;
      if (last[value] == node || last[value] == kNeverRead) live -= tensor_bytes(graph.values[value]);
    }
  }
  return need;
}

// Bytes of one run that wait after each segment.
std::vector<uint64_t> waiting_bytes(const Graph& graph, std::span<const SegmentValues> values) {
  std::vector<uint64_t> waiting;
  uint64_t now = 0;
  for (const SegmentValues& one : values) {
    for (const ValueIndex value : one.keeps) now += tensor_bytes(graph.values[value]);
    for (const ValueIndex value : one.drops) now -= tensor_bytes(graph.values[value]);
    waiting.push_back(now);
  }
  return waiting;
}

}  // namespace

SweepNeed plan_sweep(std::span<const SweptGraph> graphs, std::span<const ConstantBytes> lanes,
                     const SweepLimits& limits) {
  uint64_t samples = 0;
  for (const SweptGraph& one : graphs) samples += one.samples;
  const bool is_one = samples <= 1;
  std::vector<Cut> cuts;
  const auto most_of_lanes = [&](const GraphValue& constant) {
    uint64_t most = 0;
    for (const ConstantBytes& lane : lanes) most = std::max(most, lane(constant));
    return most;
  };
  if (!is_one) cuts = choose_cuts(*graphs[0].graph, most_of_lanes, limits.constant_bytes);
  std::vector<SweepNeed> needs(cuts.size() + 1);
  std::vector<uint64_t> waiting(cuts.size() + 1);  // after each segment, of all samples
  for (const SweptGraph& one : graphs) {
    const std::vector<Segment> segments = segments_of(*one.graph, cuts);
    const std::vector<SegmentValues> values = values_of(*one.graph, segments);
    const std::vector<uint64_t> own = waiting_bytes(*one.graph, values);
    for (size_t i = 0; i < segments.size(); ++i) {
      // Where lanes follow each other, what one holds stays for the next.
      const bool is_apart = lanes.size() == 1 || (i != 0 && i != cuts.size());
      const Room room{is_one ? 0 : limits.constant_bytes * (is_apart ? 1 : lanes.size()),
                      is_apart && !is_one};
      uint64_t before = 0;
      for (const ConstantBytes& lane : lanes) {
        const SegmentNeed need = need_of(*one.graph, segments[i], values[i], lane, room, before);
        needs[i].constants = std::max(needs[i].constants, need.constants);
        needs[i].live = std::max(needs[i].live, need.live);
        before = is_apart ? 0 : need.constants;
      }
      waiting[i] += own[i] * one.samples * lanes.size();
    }
  }
  SweepNeed most;
  for (size_t i = 0; i < needs.size(); ++i) {
    const uint64_t stored = std::max(i == 0 ? 0 : waiting[i - 1], waiting[i]);
    needs[i].stored = std::min(stored, limits.store_bytes);
    const uint64_t scratch = std::max(most.scratch, stored - needs[i].stored);
    if (i == 0 || needs[i].memory() > most.memory()) most = needs[i];
    most.scratch = scratch;
  }
  most.cuts = std::move(cuts);
  return most;
}

}  // namespace vernier::core
