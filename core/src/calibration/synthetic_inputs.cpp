#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "calibration/input_kinds.h"
#include "random/random_description.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr uint64_t kMaxSampleBytes = uint64_t{8} << 30;

class SyntheticInputs final : public InputSource {
 public:
  explicit SyntheticInputs(const InputRequest& request) : seed_(request.seed), names_(request.input_names) {
    const nlohmann::json& description = request.description;
    if (!request.wanted)
      throw usage_error("synthetic inputs have no end", request.where, "say how many with \"samples\"");
    samples_ = *request.wanted;
    if (description.contains("seed")) {
      const std::optional<uint64_t> own = as_unsigned(description["seed"]);
      if (!own) throw usage_error("\"seed\" is not an unsigned integer", request.where);
      seed_ = *own;
    }
    const auto inputs = description.find("inputs");
    if (inputs == description.end())
      throw usage_error("\"inputs\" is missing", request.where, "it describes each input's tensor");
    check_keys(*inputs, names_, request.where + " /inputs");
    for (const std::string& name : names_) {
      const auto input = inputs->find(name);
      if (input == inputs->end())
        throw usage_error(fmt::format("the input {} is not described", in_quotes(name)),
                          request.where + " /inputs");
      inputs_.push_back(parse_random_description(*input, {kFloat32, kInt64, kInt32, kBool},
                                                 fmt::format("{} /inputs/{}", request.where, name)));
      if (Tensor{inputs_.back().dtype, inputs_.back().shape, nullptr, nullptr}.bytes() > kMaxSampleBytes) {
        throw usage_error(fmt::format("the input {} has more than 8 GiB", in_quotes(name)),
                          request.where + " /inputs");
      }
      described_.push_back({name, *input});
    }
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < names_.size(); ++i) {
      Tensor tensor = Tensor::allocate(inputs_[i].dtype, inputs_[i].shape);
      fill_random(tensor.mutable_as<std::byte>(), tensor.dtype, 0, static_cast<uint64_t>(tensor.elements()),
                  inputs_[i].distribution, RandomStream(seed_, names_[i], index));
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  [[nodiscard]] std::string identity() const override {
    return nlohmann::json{
        {"kind", "synthetic"}, {"seed", seed_}, {"samples", samples_}, {"inputs", described_}}
        .dump();
  }

  [[nodiscard]] std::vector<TensorType> types(uint64_t) const override {
    std::vector<TensorType> types;
    for (const RandomDescription& input : inputs_) types.push_back({input.dtype, input.shape});
    return types;
  }

 private:
  uint64_t seed_;
  uint64_t samples_ = 0;
  std::vector<std::string> names_;
  std::vector<RandomDescription> inputs_;
  nlohmann::json described_ = nlohmann::json::array();  // [name, description] of each, as given
};

}  // namespace

std::unique_ptr<InputSource> open_synthetic_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "seed", "inputs"}, request.where);
  return std::make_unique<SyntheticInputs>(request);
}

}  // namespace vernier::core
