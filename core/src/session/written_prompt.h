// A prompt in words becomes a request of a folder's program, and the answer's tokens become words.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "calibration/processor.h"
#include "plugin/plugin_hub.h"
#include "program/generate.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

class PromptProcessor {
 public:
  // `prompt` and `program` must outlive this. Throws Error: kUsage for options that are none; kPlugin for an
  // unknown processor, for several of which none is named; what the processor throws of the folder's files.
  PromptProcessor(const WrittenPrompt& prompt, const std::filesystem::path& folder, const Program& program,
                  HostServices& services, PluginHub& hub, const Catalog& catalog);

  // The tensors that the program takes, of those that the processor gives. Throws Error (kData) where the
  // program takes fewer or more pictures than the prompt has; what Processor::encode() throws.
  [[nodiscard]] Request request() const;
  // Without the token that stopped it.
  [[nodiscard]] std::string text(const Generated& made) const;

 private:
  const WrittenPrompt& prompt_;
  const Program& program_;
  std::unique_ptr<Processor> processor_;
};

}  // namespace vernier::core
