#include <fmt/format.h>

#include "calibration/input_kinds.h"
#include "checkpoint/safetensors.h"
#include "random/random_description.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

class SafetensorsInputs final : public InputSource {
 public:
  explicit SafetensorsInputs(const InputRequest& request)
      : file_(Safetensors::open(request.base / request.text("path"))),
        pattern_(request.text("tensors", "{input}.{sample}"), request),
        names_(request.input_names) {
    const std::optional<std::string> missing = first_missing(0);
    if (missing && (!pattern_.has_sample() || first_missing(1)))
      throw data_error(fmt::format("no samples: there is no tensor {}", in_quotes(*missing)), file_.label(),
                       hint(*missing));
    if (!pattern_.has_sample()) {
      samples_ = request.count(
          1, file_.label(), fmt::format("{{sample}} in the pattern {}", in_quotes(request.text("tensors"))));
      return;
    }
    const auto [first, count] = request.numbers(
        [this](uint64_t number) { return !first_missing(number); },
        [this](uint64_t number) { return "tensor " + in_quotes(first_missing(number).value_or("")); },
        file_.label());
    first_ = first;
    samples_ = count;
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    std::vector<Tensor> tensors;
    for (const std::string& input : names_) {
      const std::string name = pattern_.name(input, first_ + index);
      tensors.push_back(to_model_input(file_.tensor(name), name, file_.label()));
    }
    return tensors;
  }

 private:
  [[nodiscard]] std::optional<std::string> first_missing(uint64_t sample) const {
    for (const std::string& input : names_) {
      std::string name = pattern_.name(input, sample);
      if (!file_.find(name)) return name;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string hint(const std::string& name) const {
    const std::string near = did_you_mean(name, file_.names());
    return near.empty() ? "\"tensors\" gives the pattern of the names, e.g. \"{input}.{sample}\"" : near;
  }

  Safetensors file_;
  NamePattern pattern_;
  std::vector<std::string> names_;
  uint64_t first_ = 0, samples_ = 0;
};

}  // namespace

std::unique_ptr<InputSource> open_safetensors_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "path", "tensors"}, request.where);
  return std::make_unique<SafetensorsInputs>(request);
}

}  // namespace vernier::core
