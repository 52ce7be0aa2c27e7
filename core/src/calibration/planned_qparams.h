// What sites will have after calibration, as far as it is known before: dtype, scheme, float or not.
#pragma once

#include <functional>
#include <string>

#include "calibration/observer.h"
#include "module/module_tree.h"

namespace vernier::core {

// While it lives, each site has stand-in qparams: those that its observer gives after two numbers, with all
// scales 1. So a graph can be recorded and a backend asked whether it can write it, before the work of
// calibration. An observer that fails on two numbers counts as one that quantizes as its spec says; one that
// knows no blocks is refused.
class PlannedQparams {
 public:
  using FindObserver = std::function<LoadedObserver(const std::string& name)>;
  PlannedQparams(HostServices& services, ModuleTree& tree, const FindObserver& find);
  ~PlannedQparams();
  PlannedQparams(const PlannedQparams&) = delete;
  PlannedQparams& operator=(const PlannedQparams&) = delete;

 private:
  ModuleTree& tree_;
};

}  // namespace vernier::core
