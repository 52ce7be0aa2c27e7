// The graphs of a run's files: each unit lowered for each consumer that has it, once where several files want
// the same.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "session/exporter.h"
#include "session/pipeline.h"

namespace vernier::core {

class CapturedGraphs {
 public:
  // `recorded`: of each unit, see Pipeline::capture_for_export(). The pipeline must outlive this. Throws what
  // CapturedGraph's constructor throws.
  CapturedGraphs(Pipeline& run, std::span<const Graph> recorded);

  // Of a unit of the export's; the export's file has this graph. [one thread at a time]
  [[nodiscard]] const CapturedGraph& of(size_t exported, size_t unit) const;
  // For an account of the unit: as the first of its files has it; null where it has none.
  [[nodiscard]] const CapturedGraph* first_of(size_t unit) const;

 private:
  struct Made {
    size_t unit;
    std::optional<size_t> open;  // the export that it is of alone: its extent is open
    const ProfileLowering* lowering;
    std::unique_ptr<CapturedGraph> graph;
  };
  [[nodiscard]] const CapturedGraph* find(size_t exported, size_t unit) const;

  const Pipeline& run_;
  std::vector<Made> made_;
};

}  // namespace vernier::core
