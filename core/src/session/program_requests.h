// The samples of a recipe with a program: requests by the names of the program, each with the tokens of its
// answer where they are known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "program/program.h"
#include "program/request.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct SamplesManifest;

struct ProgramSample {
  Request request;
  std::vector<int32_t> answer;  // "answer_ids"; empty: not known
};

// [any thread]
class ProgramRequests {
 public:
  ProgramRequests() = default;
  virtual ~ProgramRequests() = default;
  ProgramRequests(const ProgramRequests&) = delete;
  ProgramRequests& operator=(const ProgramRequests&) = delete;

  [[nodiscard]] virtual uint64_t samples() const = 0;
  // Throws Error (kData) with file and sample.
  [[nodiscard]] virtual ProgramSample sample(uint64_t index) const = 0;

  // What the samples consist of; null where no processor made them.
  [[nodiscard]] virtual const SamplesManifest* manifest() const { return nullptr; }

  // SHA-256 over all samples.
  [[nodiscard]] std::string identity() const;
};

// Of the kinds "safetensors" (a tensor NAME.i for each tensor of request i, see open_inputs()) and "jsonl" (a
// key for each; a list of numbers is one row), and "prompts" (see open_prompt_requests()), for which
// `open_processor` is asked. A request may lack tensors that the program lets it lack.
// `where` is the recipe's place of the inputs. Throws Error: kData for files that are missing, broken or
// without samples, and for fewer than the recipe wants.
[[nodiscard]] std::unique_ptr<ProgramRequests> open_requests(const RecipeData& data, const Program& program,
                                                             const std::filesystem::path& base,
                                                             const std::string& where,
                                                             const ProcessorOpener& open_processor);

}  // namespace vernier::core
