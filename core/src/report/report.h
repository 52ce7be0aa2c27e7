// The account of a run: report.json and qparams.json.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "module/module_tree.h"
#include "process/memory_watch.h"
#include "report/stored_parameters.h"

namespace vernier::core {

// [{site, dtype, scheme, axis, scale[], zero_point[]}] in order of declaration; sites that stay float are
// left out.
nlohmann::json qparams_json(const ModuleTree& tree);

// {"sites": [{site, status: "quantized"|"float", reason, …}], "parameters": [{parameter, status, reason,
// bytes}], "unused_tensors": [names]}. `unused` are checkpoint tensors below the root that no wrapper
// declared. Of a parameter that `files` hold, status, dtype and bytes are those of the first file that holds
// it, and "files" has those of each; without files they are what the run made.
nlohmann::json coverage_json(const ModuleTree& tree, const std::vector<std::string>& unused,
                             const std::vector<StoredFile>& files);

// [{text, where}]: what a reader must know before the files are used.
nlohmann::json warnings_json(const ModuleTree& tree, const std::vector<StoredFile>& files);

// Largest resident size of this process so far, in bytes.
uint64_t peak_memory_bytes();

// Wall-clock seconds and the most anonymous memory by phase, in order.
class PhaseTimes {
 public:
  PhaseTimes() = default;
  // `memory` must outlive this.
  explicit PhaseTimes(MemoryWatch& memory) : memory_(&memory) {}
  void start(const std::string& phase);
  void stop();
  // The one that runs; empty where none does.
  [[nodiscard]] const std::string& phase() const { return running_; }
  [[nodiscard]] nlohmann::json to_json() const;  // {phase: seconds, …, "total": seconds}
  // {phase: bytes, …}; empty without a watch.
  [[nodiscard]] const nlohmann::json& anonymous_bytes() const { return *anonymous_; }

 private:
  MemoryWatch* memory_ = nullptr;
  double started_ = 0;
  std::string running_;
  std::vector<std::pair<std::string, double>> phases_;
  JsonValue anonymous_ = JsonValue::object();
};

}  // namespace vernier::core
