#include "sweep/plan_sweep.h"

#include <algorithm>
#include <set>

#include "graph/live_bytes.h"
#include "tensor/memory_blocks.h"

namespace vernier::core {

namespace {

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
SegmentNeed need_of(const SweptGraph& swept, const Segment& segment, const SegmentValues& own,
                    const ConstantBytes& constant_bytes, const Room& room, uint64_t before,
                    bool sites_share) {
  const Graph& graph = *swept.graph;
  std::set<ValueIndex> held;
  SegmentNeed need{before, 0};
  LiveBytes live(graph, sites_share);
  std::vector<ValueIndex> begin = segment.first == 0 ? graph.inputs : own.loads;
  std::erase_if(begin, [&](ValueIndex value) { return std::ranges::count(swept.held_inputs, value) != 0; });
  live.begin(begin);
  need.live = swept.stack * live.now();
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
    live.make(node);
    need.live = std::max(need.live, swept.stack * live.now() + passing);
    live.drop(node);
  }
  return need;
}

// Bytes that wait, and of them those of values that lie in the heap.
struct Waiting {
  uint64_t bytes = 0;
  uint64_t small = 0;
};

// Of one run, after each segment.
std::vector<Waiting> waiting_bytes(const Graph& graph, std::span<const SegmentValues> values) {
  std::vector<Waiting> waiting;
  Waiting now;
  const auto small = [&](uint64_t bytes) { return bytes < MemoryBlocks::kSmallest ? bytes : 0; };
  for (const SegmentValues& one : values) {
    for (const ValueIndex value : one.keeps) {
      const uint64_t bytes = value_bytes(graph.values[value]);
      now.bytes += bytes;
      now.small += small(bytes);
    }
    for (const ValueIndex value : one.drops) {
      const uint64_t bytes = value_bytes(graph.values[value]);
      now.bytes -= bytes;
      now.small -= small(bytes);
    }
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
  std::vector<Waiting> waiting(cuts.size() + 1);  // after each segment, of all samples
  for (const SweptGraph& one : graphs) {
    const std::vector<Segment> segments = segments_of(*one.graph, cuts);
    const std::vector<SegmentValues> values = values_of(*one.graph, segments);
    const std::vector<Waiting> own = waiting_bytes(*one.graph, values);
    for (size_t i = 0; i < segments.size(); ++i) {
      // Where lanes follow each other, what one holds stays for the next.
      const bool is_apart = lanes.size() == 1 || (i != 0 && i != cuts.size());
      const Room room{is_one ? 0 : limits.constant_bytes * (is_apart ? 1 : lanes.size()),
                      is_apart && !is_one};
      uint64_t before = 0;
      for (const ConstantBytes& lane : lanes) {
        const SegmentNeed need =
            need_of(one, segments[i], values[i], lane, room, before, &lane == lanes.data());
        needs[i].constants = std::max(needs[i].constants, need.constants);
        needs[i].live = std::max(needs[i].live, need.live);
        before = is_apart ? 0 : need.constants;
      }
      waiting[i].bytes += own[i].bytes * one.samples * lanes.size();
      waiting[i].small += own[i].small * one.samples * lanes.size();
    }
  }
  SweepNeed most;
  for (size_t i = 0; i < needs.size(); ++i) {
    const Waiting& stored = i != 0 && waiting[i - 1].bytes > waiting[i].bytes ? waiting[i - 1] : waiting[i];
    needs[i].stored = std::min(stored.bytes, limits.store_bytes);
    needs[i].heap = heap_holes(std::min(stored.small, needs[i].stored));
    const uint64_t scratch = std::max(most.scratch, stored.bytes - needs[i].stored);
    if (i == 0 || needs[i].memory() > most.memory()) most = needs[i];
    most.scratch = scratch;
  }
  most.cuts = std::move(cuts);
  return most;
}

}  // namespace vernier::core
