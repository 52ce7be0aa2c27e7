// How many bytes of values a graph's run holds at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

// Counts while somebody goes through nodes in order. A value that shares the elements of another, as a
// reshape does, costs nothing and keeps that other alive.
class LiveBytes {
 public:
  // `sites_share`: a site hands its value on, as it does where nothing is rounded. `graph` must outlive this.
  LiveBytes(const Graph& graph, bool sites_share);

  // Values that are there before the first node that is counted.
  void begin(std::span<const ValueIndex> values);
  // The node's results are made; what it reads is still there.
  void make(uint32_t node);
  // What nobody reads after that node goes.
  void drop(uint32_t node);
  [[nodiscard]] uint64_t now() const { return now_; }
  // Whose elements the value has; itself where it shares none.
  [[nodiscard]] ValueIndex root(ValueIndex value) const { return roots_[value]; }

 private:
  const Graph& graph_;
  std::vector<ValueIndex> roots_;               // whose elements a value shares; itself where none
  std::vector<uint32_t> last_;                  // by root: the last node that reads any that shares it
  std::vector<std::vector<ValueIndex>> going_;  // by node: roots that go after it
  std::vector<bool> is_live_;                   // by root
  uint64_t now_ = 0;
};

}  // namespace vernier::core
