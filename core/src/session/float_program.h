// The float model behind a folder of exported files: what its answers are held to.
#pragma once

#include <memory>

#include "device/device.h"
#include "interpreter/kept_codes.h"
#include "program/entry_units.h"
#include "program/generate.h"
#include "session/prepare.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

class FloatProgram {
 public:
  // From the recipe that the run which wrote the folder left in it: the checkpoint has to be where it was.
  // Throws Error: kData where the folder has no such recipe; what prepare() throws, with a note that the
  // float model was wanted for the comparison; kUsage where the recipe has no program.
  FloatProgram(const FolderOptions& folder, const DeviceFactory& device);

  // The greedy tokens of the float model. Throws Error as generate() of a run does.
  [[nodiscard]] Generated generate(const Request& request, const GenerationLimits& limits);

 private:
  const SessionOptions options_;
  Prepared p_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<KeptCodes> codes_;
  std::unique_ptr<EntryUnits> units_;
};

// {"tokens", "end", "same_tokens"}: of the float model; how many tokens from the first on are the files'.
[[nodiscard]] nlohmann::json float_json(const Generated& reference, const Generated& files);

}  // namespace vernier::core
