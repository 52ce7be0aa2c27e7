// Documents of Gemma4's program, and a look at their wiring.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "session/made_program.h"

namespace vernier::core::testing {

// The config.json of a folder of tests/data.
inline nlohmann::json config_of(const std::string& folder) {
  std::ifstream in(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data" / folder / "config.json");
  EXPECT_TRUE(in.good()) << folder;
  return nlohmann::json::parse(in);
}

inline CatalogPlugin bundled(const std::string& name) {
  const Candidate found =
      look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "lib/vernier/plugins" / (name + ".so"));
  EXPECT_EQ(found.reason, "") << name;
  return {*found.manifest, found.file, found.sha256, found.image};
}

// The program's plugin beside the wrappers whose entries its units are.
class Gemma4Programs {
 public:
  MadeProgram make(const nlohmann::json& config, const nlohmann::json& profile) {
    return make_program(services_, hub_,
                        {catalog_.find("program", "gemma4"), config, "config.json", profile,
                         [](const std::string& pointer) { return "--profile" + pointer; }});
  }
  // Of a wrapper; null where there is none.
  const EntryInfo* entry(const std::string& type, const std::string& name) const {
    const ComponentRef wrapper = catalog_.wrapper_for(type);
    return wrapper ? wrapper.component->entry(name) : nullptr;
  }

 private:
  ThreadPool pool_{1};
  HostServices services_{pool_};
  Catalog catalog_{{bundled("gemma4_program"), bundled("gemma4")}};
  PluginHub hub_{services_, catalog_};
};

// Steps of a program by what they run.
inline std::vector<const ProgramStep*> steps_of(const Program& program, const std::string& phase,
                                                const std::string& host) {
  std::vector<const ProgramStep*> found;
  for (const ProgramPhase& one : program.phases) {
    if (one.name != phase) continue;
    for (const ProgramStep& step : one.steps) {
      if (!step.unit && step.host == host) found.push_back(&step);
    }
  }
  return found;
}
// The only step that runs this unit in the phase.
inline const ProgramStep& step_of(const Program& program, const std::string& phase, const std::string& unit) {
  const ProgramStep* found = nullptr;
  for (const ProgramPhase& one : program.phases) {
    for (const ProgramStep& step : one.steps) {
      if (one.name != phase || !step.unit || program.units[*step.unit].name != unit) continue;
      EXPECT_EQ(found, nullptr) << unit << " runs twice in " << phase;
      found = &step;
    }
  }
  EXPECT_NE(found, nullptr) << unit << " does not run in " << phase;
  static const ProgramStep none;
  return found == nullptr ? none : *found;
}

// The buffer that a step has under its own name for it; empty: none.
inline std::string wired(const Program& program, const ProgramStep& step, const std::string& name) {
  for (const std::vector<Wire>* wires : {&step.inputs, &step.outputs}) {
    for (const Wire& wire : *wires) {
      if (wire.name == name) return program.buffers[wire.buffer].name;
    }
  }
  return {};
}

using Shapes = std::vector<std::pair<std::string, Shape>>;
inline Shapes shapes_of(const Program& program, const std::vector<Wire>& wires) {
  Shapes shapes;
  for (const Wire& wire : wires) shapes.emplace_back(wire.name, program.buffers[wire.buffer].shape);
  return shapes;
}

}  // namespace vernier::core::testing
