#include "session/prompt_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "calibration/processor.h"
#include "calibration/prompt_lines.h"
#include "calibration/samples_manifest.h"
#include "checkpoint/checkpoint.h"
#include "graph/fingerprint.h"
#include "program/codes.h"
#include "session/recipe_program.h"
#include "session/request_limits.h"
#include "sweep/store.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Of samples that lie in memory; the others wait in a scratch file.
constexpr uint64_t kMostInMemory = uint64_t{16} << 20;

std::string hash_of(const ProgramSample& sample) {
  Fingerprint fingerprint;
  for (const auto& [name, tensor] : sample.request) fingerprint.add(std::string_view(name)).add(tensor);
  for (const int32_t token : sample.answer) fingerprint.add(static_cast<int64_t>(token));
  return fingerprint.finish();
}

// Elements `first` to `first` + `count` - 1 of a tensor of one row.
Tensor part_of_row(const Tensor& row, int64_t first, int64_t count) {
  Shape shape = row.shape;
  shape.back() = count;
  Tensor part = Tensor::allocate(row.dtype, shape);
  const auto bytes = row.dtype.bytes(1);
  std::memcpy(part.mutable_as<std::byte>(), row.data + static_cast<uint64_t>(first) * bytes,
              static_cast<uint64_t>(count) * bytes);
  return part;
}

class PromptRequests final : public ProgramRequests {
 public:
  PromptRequests(const InputRequest& request, const Program& program)
      : program_(program), path_(request.base / request.text("path")), lines_(path_, prompt_choice(request)) {
    if (!request.open_processor) throw internal_error("nobody opens processors here", request.where);
    const uint64_t count = request.count(lines_.size(), lines_.label(), "further line");
    const nlohmann::json options = request.description.value("options", nlohmann::json::object());
    processor_ = request.open_processor(request.text("processor"), options.dump());
    manifest_.path = path_.string();
    manifest_.processor = processor_->name();
    manifest_.plugin = processor_->plugin();
    for (const std::string& name : program.request_names()) manifest_.reached[name] = 0;
    for (uint64_t index = 0; index < count; ++index) read_first(index);
  }

  [[nodiscard]] uint64_t samples() const override { return kept_.size(); }
  [[nodiscard]] const SamplesManifest* manifest() const override { return &manifest_; }
  [[nodiscard]] ProgramSample sample(uint64_t index) const override {
    const Kept& kept = kept_.at(index);
    ProgramSample sample{{}, kept.answer};
    const std::lock_guard lock(mutex_);
    for (const auto& [name, id] : kept.request) sample.request[name] = store_.get(id);
    return sample;
  }

 private:
  struct Kept {
    std::map<std::string, Store::Id> request;
    std::vector<int32_t> answer;
  };

  [[nodiscard]] std::string place_of(uint64_t index) const {
    return fmt::format("sample {} ({})", index, lines_.where(index));
  }
  [[nodiscard]] ProcessedRequest encode(uint64_t index) const {
    return processor_->encode(lines_.request(index), path_.parent_path(), place_of(index));
  }

  void read_first(uint64_t index) {
    const ProcessedRequest made = encode(index);
    ProgramSample sample = sample_of(made, place_of(index));
    ++manifest_.lines;
    for (const auto& [name, tensor] : sample.request) ++manifest_.reached.at(name);
    manifest_.hashes.push_back(hash_of(sample));
    manifest_.add(made);
    Kept& kept = kept_.emplace_back();
    for (const auto& [name, tensor] : sample.request) kept.request[name] = store_.put(tensor);
    kept.answer = std::move(sample.answer);
  }

  // What the program takes of it.
  [[nodiscard]] ProgramSample sample_of(const ProcessedRequest& made, const std::string& where) const {
    ProgramSample sample;
    for (const auto& [name, tensor] : made.inputs) {
      if (!manifest_.reached.contains(name)) continue;
      sample.request[name] = counts_prompt(name) ? prompt_of(name, tensor, made, sample, where) : tensor;
    }
    return sample;
  }

  [[nodiscard]] bool counts_prompt(const std::string& name) const {
    return std::ranges::any_of(program_.buffers, [&](const ProgramBuffer& buffer) {
      return buffer.role == BufferRole::kRequest && buffer.of == name &&
             std::ranges::any_of(buffer.lengths,
                                 [](const auto& one) { return one.counter == Counter::kPrompt; });
    });
  }

  // The tokens are one row, prompt and answer; the answer goes into the sample.
  static Tensor prompt_of(const std::string& name, const Tensor& row, const ProcessedRequest& made,
                          ProgramSample& sample, const std::string& where) {
    const auto prompt = static_cast<int64_t>(made.prompt_tokens);
    const auto answer = static_cast<int64_t>(made.answer_tokens);
    if (!row.dtype.is_integer() || row.shape.empty() || row.elements() != row.shape.back() ||
        row.elements() != prompt + answer)
      throw data_error(fmt::format("{} is {}; a program takes one row of {} tokens, without padding", name,
                                   to_string(TensorType{row.dtype, row.shape}), prompt + answer),
                       where, "leave out options of the processor that pad");
    if (answer == 0) return row;
    const Tensor tokens = as_integers(part_of_row(row, prompt, answer), kInt32);
    sample.answer.assign(tokens.as<int32_t>(), tokens.as<int32_t>() + answer);
    return part_of_row(row, 0, prompt);
  }

  const Program& program_;
  const std::filesystem::path path_;
  const PromptLines lines_;
  std::shared_ptr<const Processor> processor_;
  SamplesManifest manifest_;
  std::vector<Kept> kept_;
  mutable std::mutex mutex_;
  Store store_{kMostInMemory};
};

}  // namespace

std::unique_ptr<ProgramRequests> open_prompt_requests(const InputRequest& request, const Program& program) {
  return std::make_unique<PromptRequests>(request, program);
}

ProcessorOpener program_processors(const Prepared& p) {
  using Opened = std::map<std::pair<std::string, std::string>, std::shared_ptr<const Processor>>;
  return [&p, opened = std::make_shared<Opened>()](const std::string& name, const std::string& text) {
    std::shared_ptr<const Processor>& found = (*opened)[{name, text}];
    if (found == nullptr) {
      nlohmann::json options = nlohmann::json::parse(text);
      add_request_limits(options, *p.catalog, name, p.program->made.program);
      found = std::make_shared<const Processor>(*p.services, p.hub->processor(name), name, options.dump(),
                                                checkpoint_folder(p.recipe.model.checkpoint));
    }
    return found;
  };
}

}  // namespace vernier::core
