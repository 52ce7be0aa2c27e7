// A checkpoint's whole model in float on the reference device, and the same model as a program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "device/device.h"
#include "interpreter/entry_runner.h"
#include "kernels/thread_pool.h"
#include "module/tree_builder.h"
#include "plugin/find_plugins.h"
#include "program/entry_units.h"
#include "program/generate.h"
#include "program/read_program.h"
#include "session/made_program.h"
#include "vernier/core/device_factory.h"

namespace vernier::core::testing {

// Of gemma4_tiny: what its programs are made for; its vocabulary; how far logits of up to 30 may be apart.
inline constexpr int64_t kSequence = 24, kVocabulary = 320;
inline constexpr float kNear = 2e-4F;

inline Tensor tokens_of(const std::vector<int32_t>& tokens) {
  Tensor result = Tensor::allocate(kInt32, {1, static_cast<int64_t>(tokens.size())});
  std::copy(tokens.begin(), tokens.end(), result.mutable_as<int32_t>());
  return result;
}

class WholeAndProgram {
 public:
  // `changes`: of config.json, for the tree and the program alike.
  explicit WholeAndProgram(const std::filesystem::path& folder,
                           const nlohmann::json& changes = nlohmann::json::object())
      : checkpoint_(Checkpoint::open(folder)) {
    config_ = checkpoint_.config();
    config_.update(changes);
    Resolution found = find_plugins({}, {});
    throw_on_conflict(found);
    catalog_ = std::make_unique<Catalog>(std::move(found.catalog));
    services_ = std::make_unique<HostServices>(pool_);
    hub_ = std::make_unique<PluginHub>(*services_, *catalog_);
    device_ = make_reference_device(pool_);
    services_->use_device(device_.get());
    TreeBuilder builder(*services_, checkpoint_, [this](const std::string& type, const std::string& path) {
      return hub_->wrapper(type, path);
    });
    tree_ = builder.build("", config_.at("architectures").at(0), config_);
  }

  [[nodiscard]] const nlohmann::json& config() const { return config_; }

  // Float32 results of an entry of the root.
  std::vector<float> whole(const std::string& entry, const std::vector<Tensor>& inputs) {
    std::unique_ptr<EntryRunner>& runner = runners_[entry];
    if (runner == nullptr) {
      const ComponentRef wrapper = catalog_->wrapper_for(tree_->modules[0].type);
      runner = std::make_unique<EntryRunner>(*services_, *tree_, *device_, entry,
                                             wrapper.component->entry(entry)->inputs);
    }
    const Tensor result = runner->run(Reading::kFloat, inputs).at(0);
    return {result.as<float>(), result.as<float>() + result.elements()};
  }

  // The program of a profile; the second of them runs it.
  struct Made {
    std::unique_ptr<MadeProgram> made;
    std::unique_ptr<EntryUnits> units;
    std::unique_ptr<ProgramRun> run;
  };
  Made program(const nlohmann::json& profile) {
    Made result;
    const ComponentRef component = catalog_->find("program", "gemma4");
    result.made = std::make_unique<MadeProgram>(make_program(
        *services_, *hub_,
        {component, config_, "config.json", profile, [](const std::string& pointer) { return pointer; }}));
    result.units =
        std::make_unique<EntryUnits>(result.made->program, *services_, *tree_, *device_, Reading::kFloat);
    result.run = std::make_unique<ProgramRun>(result.made->program, *result.units);
    return result;
  }

  // Of a document that a test changed.
  std::unique_ptr<EntryUnits> units_of(const nlohmann::json& document) {
    changed_.push_back(std::make_unique<Program>(read_program(document.dump(), "changed.json")));
    return std::make_unique<EntryUnits>(*changed_.back(), *services_, *tree_, *device_, Reading::kFloat);
  }

 private:
  std::vector<std::unique_ptr<Program>> changed_;
  Checkpoint checkpoint_;
  nlohmann::json config_;
  ThreadPool pool_{1};
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<HostServices> services_;
  std::unique_ptr<PluginHub> hub_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<ModuleTree> tree_;
  std::map<std::string, std::unique_ptr<EntryRunner>> runners_;
};

// The greatest difference of a row of `all` [rows, width] from `row`.
inline float apart(const std::vector<float>& all, int64_t at, const Tensor& row) {
  float greatest = 0;
  for (int64_t i = 0; i < row.elements(); ++i)
    greatest = std::max(greatest,
                        std::abs(all.at(static_cast<size_t>(at * row.elements() + i)) - row.as<float>()[i]));
  return greatest;
}

inline int32_t greatest_of(const std::vector<float>& all, int64_t at, int64_t width) {
  const auto begin = all.begin() + at * width;
  return static_cast<int32_t>(std::max_element(begin, begin + width) - begin);
}

}  // namespace vernier::core::testing
