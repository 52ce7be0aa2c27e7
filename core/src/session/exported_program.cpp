#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/folder_commit.h"
#include "program/generate.h"
#include "session/float_program.h"
#include "session/open_folder.h"
#include "session/program_requests.h"
#include "session/written_prompt.h"
#include "text/with_note.h"
#include "vernier/core/error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

namespace {

// The tensor that counts the prompt, of these tokens.
void add_prompt(Request& request, const Program& program, const std::vector<int32_t>& tokens) {
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter != Counter::kPrompt) continue;
      if (request.contains(buffer.of))
        throw usage_error(
            fmt::format("the request has {}, and tokens of a prompt are given besides", buffer.of), "",
            "give one of them");
      Shape shape = buffer.shape;
      shape[length.axis] = static_cast<int64_t>(tokens.size());
      Tensor x = Tensor::allocate(kInt32, shape);
      if (x.elements() != static_cast<int64_t>(tokens.size()))
        throw usage_error(fmt::format("{} is {}: it needs more than the tokens of a prompt", buffer.of,
                                      to_string(buffer.shape)),
                          "", "give it in the request");
      std::copy(tokens.begin(), tokens.end(), x.mutable_as<int32_t>());
      request[buffer.of] = x;
      return;
    }
  }
  throw usage_error(fmt::format("program {} takes no prompt", program.name), program.source);
}

Request request_of(const GenerateOptions& options, const Program& program) {
  Request request;
  if (!options.request.empty()) {
    const Safetensors file = Safetensors::open(options.request, options.folder.run_control());
    for (const SafetensorsEntry& entry : file.entries()) request[entry.name] = file.tensor(entry);
  }
  if (!options.prompt.empty()) add_prompt(request, program, options.prompt);
  if (request.empty())
    throw usage_error("there is nothing to run on", "", "give tokens of a prompt, or a request");
  return request;
}

// Of one request after the other; nothing where the float model is not wanted.
class Comparison {
 public:
  explicit Comparison(const GenerateOptions& options) : limits_{options.tokens, options.stop} {
    if (options.compares_float) model_.emplace(options.folder, options.compares_float);
  }
  void add(nlohmann::json& row, const Request& request, const Generated& files,
           const PromptProcessor* words) {
    if (!model_) return;
    const Generated made = model_->generate(request, limits_);
    row["float"] = float_json(made, files);
    if (words != nullptr) row["float"]["text"] = words->text(made);
  }

 private:
  const GenerationLimits limits_;
  std::optional<FloatProgram> model_;
};

nlohmann::json generated_json(const ProgramRun& run, const Generated& made) {
  return {{"prompt", run.prompt()}, {"tokens", made.tokens}, {"end", to_string(made.end)}};
}

}  // namespace

nlohmann::json generate(const GenerateOptions& options) {
  if (options.written && (!options.request.empty() || !options.prompt.empty()))
    throw usage_error("a prompt in words, and tokens or a request besides", "", "give one of them");
  settle_around(options.folder.folder);
  OpenFolder folder(options.folder);
  std::optional<PromptProcessor> words;
  if (options.written)
    words.emplace(*options.written, options.folder.folder, folder.program(), folder.services(), folder.hub(),
                  folder.catalog());
  const Request request = words ? words->request() : request_of(options, folder.program());
  Comparison comparison(options);
  ProgramRun run(folder.program(), folder.units(), options.folder.run_control());
  const Generated made = generate(run, folder.program(), request, {options.tokens, options.stop});
  nlohmann::json result = generated_json(run, made);
  if (words) result["text"] = words->text(made);
  comparison.add(result, request, made, words ? &*words : nullptr);
  return result;
}

nlohmann::json generate_each(const GenerateOptions& options, const std::filesystem::path& requests,
                             std::optional<int64_t> count) {
  settle_around(options.folder.folder);
  OpenFolder folder(options.folder);
  const char* kind = requests.extension() == ".jsonl" ? "jsonl" : "safetensors";
  RecipeData data;
  data.inputs = nlohmann::json{{"kind", kind}, {"path", requests.string()}};
  data.samples = count;
  const auto samples = open_requests(data, folder.program(), {}, requests.string(), {});
  ProgramRun run(folder.program(), folder.units(), options.folder.run_control());
  Comparison comparison(options);
  nlohmann::json all = nlohmann::json::array();
  for (uint64_t i = 0; i < samples->samples(); ++i) {
    try {
      const Request request = samples->sample(i).request;
      const Generated made = generate(run, folder.program(), request, {options.tokens, options.stop});
      all.push_back(generated_json(run, made));
      comparison.add(all.back(), request, made, nullptr);
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      throw with_note(error, {fmt::format("request {} fails", i), requests.string(), {}});
    }
  }
  return all;
}

}  // namespace vernier::core
