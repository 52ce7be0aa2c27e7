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
    uint64_t found = 0;
    std::optional<std::string> missing = first_missing(0);
    if (missing)
      throw data_error(fmt::format("no samples: there is no tensor {}", in_quotes(*missing)), file_.label(),
                       hint(*missing));
    while (!missing && pattern_.has_sample())
      missing = first_missing(++found);  // ends: a file has so many names
    samples_ = missing ? request.count(found, file_.label(), fmt::format("tensor {}", in_quotes(*missing)))
                       : request.count(
                             1, file_.label(),
                             fmt::format("{{sample}} in the pattern {}", in_quotes(request.text("tensors"))));
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    std::vector<Tensor> tensors;
    for (const std::string& input : names_) {
      const std::string name = pattern_.name(input, index);
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
  uint64_t samples_ = 0;
};

}  // namespace

std::unique_ptr<InputSource> open_safetensors_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "path", "tensors"}, request.where);
  return std::make_unique<SafetensorsInputs>(request);
}

}  // namespace vernier::core
