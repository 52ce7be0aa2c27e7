#include "session/program_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "calibration/input_kinds.h"
#include "calibration/jsonl.h"
#include "checkpoint/safetensors.h"
#include "graph/fingerprint.h"
#include "program/codes.h"
#include "session/prompt_requests.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr const char* kAnswer = "answer_ids";

// Whether a request may lack the tensor.
bool may_lack(const Program& program, const std::string& name) {
  return std::ranges::all_of(program.buffers, [&](const ProgramBuffer& buffer) {
    return buffer.role != BufferRole::kRequest || buffer.of != name ||
           std::ranges::any_of(buffer.lengths, [](const RequestLength& one) { return one.minimum == 0; });
  });
}

// A list of numbers is one row of a buffer of more axes.
Tensor as_rows(const Program& program, const std::string& name, Tensor x) {
  for (const ProgramBuffer& buffer : program.buffers) {
    if (buffer.role != BufferRole::kRequest || buffer.of != name) continue;
    if (x.shape.size() + 1 == buffer.shape.size()) x.shape.insert(x.shape.begin(), 1);
  }
  return x;
}

std::vector<int32_t> answer_of(const Tensor& x, const std::string& where) {
  if (!x.dtype.is_integer())
    throw data_error(fmt::format("{} is {}; tokens are integers", kAnswer, x.dtype.name()), where);
  const Tensor tokens = as_integers(x, kInt32);
  return {tokens.as<int32_t>(), tokens.as<int32_t>() + tokens.elements()};
}

class SafetensorsRequests final : public ProgramRequests {
 public:
  SafetensorsRequests(const InputRequest& request, const Program& program)
      : program_(program),
        names_(request.input_names),
        file_(Safetensors::open(request.base / request.text("path"))),
        pattern_(request.text("tensors", "{input}.{sample}"), request) {
    if (!pattern_.has_sample())
      throw usage_error("the pattern of a request's tensors lacks {sample}", request.where,
                        "write for example \"{input}.{sample}\"");
    uint64_t found = 0;
    std::optional<std::string> missing;
    while (!(missing = first_missing(found))) ++found;
    if (found == 0)
      throw data_error(fmt::format("no requests: there is no tensor {}", in_quotes(*missing)), file_.label(),
                       "\"tensors\" gives the pattern of the names, e.g. \"{input}.{sample}\"");
    samples_ = request.count(found, file_.label(), fmt::format("tensor {}", in_quotes(*missing)));
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }
  [[nodiscard]] ProgramSample sample(uint64_t index) const override {
    ProgramSample result;
    for (const std::string& name : names_) {
      const std::string tensor = pattern_.name(name, index);
      if (!file_.find(tensor)) continue;
      result.request[name] =
          as_rows(program_, name, to_model_input(file_.tensor(tensor), tensor, file_.label()));
    }
    const std::string answer = pattern_.name(kAnswer, index);
    if (file_.find(answer))
      result.answer = answer_of(to_model_input(file_.tensor(answer), answer, file_.label()),
                                fmt::format("{} ({})", file_.label(), answer));
    return result;
  }

 private:
  [[nodiscard]] std::optional<std::string> first_missing(uint64_t sample) const {
    for (const std::string& name : names_) {
      std::string tensor = pattern_.name(name, sample);
      if (!file_.find(tensor) && !may_lack(program_, name)) return tensor;
    }
    return std::nullopt;
  }

  const Program& program_;
  const std::vector<std::string> names_;
  const Safetensors file_;
  const NamePattern pattern_;
  uint64_t samples_ = 0;
};

class JsonlRequests final : public ProgramRequests {
 public:
  JsonlRequests(const InputRequest& request, const Program& program)
      : program_(program),
        names_(request.input_names),
        lines_(JsonLines::open(request.base / request.text("path"))),
        samples_(request.count(lines_.size(), lines_.label(), fmt::format("line {}", lines_.size() + 1))) {}

  [[nodiscard]] uint64_t samples() const override { return samples_; }
  [[nodiscard]] ProgramSample sample(uint64_t index) const override {
    const auto has = [keys = lines_.keys(index)](const std::string& name) {
      return std::ranges::find(keys, name) != keys.end();
    };
    ProgramSample result;
    for (const std::string& name : names_) {
      if (!has(name) && may_lack(program_, name)) continue;
      result.request[name] = as_rows(program_, name, lines_.read(index, {name}).front());
    }
    if (has(kAnswer))
      result.answer =
          answer_of(lines_.read(index, {kAnswer}).front(), fmt::format("{}:{}", lines_.label(), index + 1));
    return result;
  }

 private:
  const Program& program_;
  const std::vector<std::string> names_;
  const JsonLines lines_;
  uint64_t samples_ = 0;
};

}  // namespace

std::string ProgramRequests::identity() const {
  Fingerprint fingerprint;
  for (uint64_t index = 0; index < samples(); ++index) {
    const ProgramSample one = sample(index);
    for (const auto& [name, tensor] : one.request) fingerprint.add(std::string_view(name)).add(tensor);
    fingerprint.add(std::string_view(kAnswer));
    for (const int32_t token : one.answer) fingerprint.add(static_cast<int64_t>(token));
  }
  return fingerprint.finish();
}

std::unique_ptr<ProgramRequests> open_requests(const RecipeData& data, const Program& program,
                                               const std::filesystem::path& base, const std::string& where,
                                               const ProcessorOpener& open_processor) {
  std::optional<uint64_t> wanted;
  if (data.samples) wanted = static_cast<uint64_t>(*data.samples);
  const InputRequest request{data.inputs, base, program.request_names(), wanted, 0, where, open_processor};
  if (data.inputs->at("kind") == "prompts") return open_prompt_requests(request, program);
  if (data.inputs->at("kind") == "jsonl") return std::make_unique<JsonlRequests>(request, program);
  return std::make_unique<SafetensorsRequests>(request, program);
}

}  // namespace vernier::core
