// A processor of a checkpoint: requests in, a model's inputs out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "abi/host_services.h"
#include "plugin/loaded.h"
#include "tensor/tensor.h"

namespace vernier::core {

// See vernier_processed.
struct ProcessedRequest {
  std::vector<std::pair<std::string, Tensor>> inputs;  // float32, int32, int64 or bool; names differ
  uint64_t prompt_tokens = 0, answer_tokens = 0, removed_tokens = 0, pictures = 0;
};

class Processor {
 public:
  // `options` passed its manifest's schema. `services` must outlive this. Throws Error with the status of
  // vernier_processor::create.
  Processor(HostServices& services, LoadedProcessor processor, std::string name, const std::string& options,
            const std::filesystem::path& checkpoint);

  // `where` is the request's place, for messages. Throws Error with the status of vernier_processor::encode,
  // kData where the request or a file is what is wrong; kPlugin for a result that is none. [any thread]
  [[nodiscard]] ProcessedRequest encode(const std::string& request, const std::filesystem::path& base,
                                        const std::string& where) const;
  // Throws Error with VERNIER_OUT_OF_RANGE for a token beyond the vocabulary. [any thread]
  [[nodiscard]] std::string decode(const std::vector<int64_t>& tokens) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& plugin() const { return processor_.plugin; }

 private:
  HostServices& services_;
  const LoadedProcessor processor_;
  const std::string name_;
  std::shared_ptr<void> instance_;
  mutable std::mutex mutex_;  // an instance takes one call at a time
};

}  // namespace vernier::core
