// Which constants of a set of graphs are the same: their ids, so that a file holds them once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "graph/graph.h"
#include "session/exporter.h"

namespace vernier::core {

// Equal constants have equal ids, from 1 in the order of graphs and values. A constant that comes straight
// from a parameter is known by that and its qparams, without reading it; another by its bytes (length and
// SHA-256).
class ConstantIds {
 public:
  // `graph` is that of `captured`, or a copy: its constants get their ids.
  void assign(Graph& graph, const CapturedGraph& captured);
  // Of graphs of one tree whose constants are not made yet: by parameter and qparams alone.
  void assign(Graph& planned);

 private:
  uint64_t id(std::string key);

  std::map<std::string, uint64_t> ids_;
};

}  // namespace vernier::core
