// Inputs of kind "prompts": a line is a request to a processor, what it gives is a sample.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "calibration/input_kinds.h"
#include "calibration/processor.h"
#include "calibration/prompt_lines.h"
#include "calibration/samples_manifest.h"
#include "graph/fingerprint.h"
#include "random/random_description.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// Samples that are kept instead of made again; it is taken before memory is planned, so the plan counts it.
constexpr uint64_t kMostKept = uint64_t{16} << 20;

std::string hash_of(const std::vector<Tensor>& tensors) {
  Fingerprint fingerprint;
  for (const Tensor& tensor : tensors) fingerprint.add(tensor);
  return fingerprint.finish();
}

uint64_t total_bytes(const std::vector<Tensor>& tensors) {
  uint64_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += tensor.bytes();
  return bytes;
}

class PromptInputs final : public InputSource {
 public:
  explicit PromptInputs(const InputRequest& request)
      : path_(request.base / request.text("path")),
        skips_(request.text("lacking", "refuse") == "skip"),
        names_(request.input_names),
        lines_(path_, prompt_choice(request)) {
    if (!request.open_processor) throw internal_error("nobody opens processors here", request.where);
    if (!skips_) (void)request.count(lines_.size(), lines_.label(), "further line");
    const nlohmann::json options = request.description.value("options", nlohmann::json::object());
    processor_ = request.open_processor(request.text("processor"), options.dump());
    manifest_.path = path_.string();
    manifest_.processor = processor_->name();
    manifest_.plugin = processor_->plugin();
    for (const std::string& name : names_) manifest_.reached[name] = 0;
    const uint64_t wanted = request.wanted.value_or(lines_.size());
    for (size_t line = 0; line < lines_.size() && samples_.size() < wanted; ++line) read_first(line);
    if (skips_)
      (void)request.count(samples_.size(), lines_.label(),
                          samples_.empty() ? "line that gives all inputs of the entry"
                                           : "further line that gives all inputs of the entry");
  }

  [[nodiscard]] uint64_t samples() const override { return samples_.size(); }
  [[nodiscard]] std::vector<TensorType> types(uint64_t index) const override {
    return samples_.at(index).types;
  }
  [[nodiscard]] const SamplesManifest* manifest() const override { return &manifest_; }
  [[nodiscard]] std::string identity() const override {
    return fmt::format("{} samples, SHA-256 {}", samples_.size(), manifest_.sha256());
  }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    const Sample& one = samples_.at(index);
    if (!one.kept.empty()) return one.kept;
    std::vector<Tensor> made = inputs_of(encode(one.line, index));
    if (hash_of(made) != manifest_.hashes.at(index))
      throw data_error(fmt::format("sample {} gives other inputs than when it was first read", index),
                       lines_.where(one.line), "its files must not change while they are used");
    return made;
  }

 private:
  struct Sample {
    size_t line = 0;
    std::vector<TensorType> types;
    std::vector<Tensor> kept;  // empty: it is made again
  };

  [[nodiscard]] ProcessedRequest encode(size_t line, uint64_t index) const {
    return processor_->encode(lines_.request(line), path_.parent_path(),
                              fmt::format("sample {} ({})", index, lines_.where(line)));
  }

  // What the entry takes of it, in the entry's order; empty where an input is missing and lines may lack one.
  [[nodiscard]] std::vector<Tensor> inputs_of(const ProcessedRequest& made) const {
    std::vector<Tensor> tensors;
    for (const std::string& name : names_) {
      const auto found = std::ranges::find(made.inputs, name, &std::pair<std::string, Tensor>::first);
      if (found != made.inputs.end()) tensors.push_back(found->second);
    }
    if (tensors.size() != names_.size()) tensors.clear();
    return tensors;
  }

  void read_first(size_t line) {
    const uint64_t index = samples_.size();
    const ProcessedRequest made = encode(line, index);
    ++manifest_.lines;
    for (const auto& [name, tensor] : made.inputs) {
      if (const auto wanted = manifest_.reached.find(name); wanted != manifest_.reached.end())
        ++wanted->second;
    }
    std::vector<Tensor> tensors = inputs_of(made);
    if (tensors.empty()) {
      if (!skips_) refuse(made, line, index);
      ++manifest_.skipped;
      return;
    }
    manifest_.hashes.push_back(hash_of(tensors));
    manifest_.add(made);
    samples_.push_back({line, types_of(tensors), {}});
    const uint64_t bytes = total_bytes(tensors);
    if (kept_ + bytes > kMostKept) return;
    kept_ += bytes;
    samples_.back().kept = std::move(tensors);
  }

  [[noreturn]] void refuse(const ProcessedRequest& made, size_t line, uint64_t index) const {
    std::vector<std::string> given;
    for (const auto& [name, tensor] : made.inputs) given.push_back(name);
    for (const std::string& name : names_) {
      if (std::ranges::find(given, name) != given.end()) continue;
      throw data_error(fmt::format("sample {} gives no {}", index, in_quotes(name)), lines_.where(line),
                       fmt::format("processor {} gives {} of it; \"lacking\": \"skip\" leaves such lines out",
                                   processor_->name(), fmt::join(given, ", ")));
    }
    throw internal_error("a sample lacks an input and none is missing", lines_.where(line));
  }

  const std::filesystem::path path_;
  const bool skips_;
  const std::vector<std::string> names_;
  const PromptLines lines_;
  std::shared_ptr<const Processor> processor_;
  std::vector<Sample> samples_;
  SamplesManifest manifest_;
  uint64_t kept_ = 0;
};

}  // namespace

std::unique_ptr<InputSource> open_prompt_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "path", "processor", "options", "lacking", "column", "skip"},
             request.where);
  return std::make_unique<PromptInputs>(request);
}

}  // namespace vernier::core
