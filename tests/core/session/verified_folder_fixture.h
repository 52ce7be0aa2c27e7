// A folder of toy files with its golden run, and devices that go wrong at one tensor.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/program/toy_folder.h"
#include "program/file_units.h"
#include "program/record_run.h"
#include "vernier/core/program_folder.h"

namespace vernier::core::testing {

// A device that does something to one tensor as it passes, goes on with that, and records all.
class FaultyDevice : public BoundaryWatch {
 public:
  using Fault = std::function<void(Tensor&)>;
  FaultyDevice(std::map<std::string, Fault> faults, bool has_nodes)
      : faults_(std::move(faults)), has_nodes_(has_nodes) {}
  Tensor see(const BoundaryTensor& tensor, const Tensor& content) override {
    Tensor x = Tensor::allocate(content.dtype, content.shape);
    std::memcpy(x.mutable_as<std::byte>(), content.data, x.bytes());
    if (const auto fault = faults_.find(tensor.name()); fault != faults_.end()) fault->second(x);
    return recorded[tensor.name()] = x;
  }
  bool wants_nodes(const BoundaryCall&) override { return has_nodes_; }

  RecordedTensors recorded;

 private:
  std::map<std::string, Fault> faults_;
  bool has_nodes_;
};

template <typename T>
FaultyDevice::Fault codes(const std::function<void(T*)>& body) {
  return [body](Tensor& x) { body(x.mutable_as<T>()); };
}

// Two requests, each of four tokens.
class VerifiedFolder : public ToyFolder {
 protected:
  VerifiedFolder() : model_(options()) {
    program_ = with_toy_files(model_.p, toy_document());
    FileUnits files(program_, run_folder(), *model_.p.services, *model_.p.hub);
    RecordOptions recorded;
    recorded.has_nodes = true;
    RecordedRuns with_nodes(program_, files, RunControl::none(), recorded);
    RecordedRuns runs(program_, files, RunControl::none(), {});
    for (uint64_t number = 0; number < 2; ++number) {
      (void)runs.add(number, request(prompt_of(number)), {4, {}});
      (void)with_nodes.add(number, request(prompt_of(number)), {4, {}});
    }
    golden_ = runs.tensors();
    nodes_ = with_nodes.tensors();
    write_recording(run_folder() / kGoldenFile, golden_);
    program_.files.push_back(program_file(run_folder(), kGoldenFile));
    write_program_file(program_, run_folder());
  }

  [[nodiscard]] VerifyFolderOptions options_of(const std::filesystem::path& device = {}) const {
    FolderOptions folder;
    folder.folder = run_folder();
    VerifyFolderOptions result(folder);
    result.device = device;
    return result;
  }
  // Of a dump with these tensors.
  [[nodiscard]] json held(const RecordedTensors& dump, int64_t within = 0) const {
    write_recording(folder_ / "dump.safetensors", dump);
    VerifyFolderOptions options = options_of(folder_ / "dump.safetensors");
    options.within = within;
    return verify_folder(options).at("held");
  }
  [[nodiscard]] RecordedTensors dump_with(const std::map<std::string, FaultyDevice::Fault>& faults,
                                          bool has_nodes = false) {
    FileUnits files(program_, run_folder(), *model_.p.services, *model_.p.hub);
    FaultyDevice device(faults, has_nodes);
    WatchedUnits units(program_, files, device);
    ProgramRun run(program_, units, RunControl::none(), [&](const UnitCall& call) { units.expect(call); });
    for (uint64_t number = 0; number < 2; ++number) {
      units.begin(number);
      device.recorded[tokens_name(number)] = [&] {
        const Generated made = generate(run, program_, request(prompt_of(number)), {4, {}});
        return int32s({4}, made.tokens);
      }();
    }
    return device.recorded;
  }
  static std::vector<int32_t> prompt_of(uint64_t number) {
    return number == 0 ? std::vector<int32_t>{5, 11} : std::vector<int32_t>{1, 2, 3, 4};
  }

  Model model_;
  Program program_;
  RecordedTensors golden_, nodes_;
};

}  // namespace vernier::core::testing
