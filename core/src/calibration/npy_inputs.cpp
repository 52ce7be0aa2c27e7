#include <fmt/format.h>

#include "calibration/input_kinds.h"
#include "calibration/npy.h"
#include "random/random_description.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// A file for each sample and input; opened when asked for.
class NpyFiles final : public InputSource {
 public:
  NpyFiles(const InputRequest& request, NamePattern pattern)
      : pattern_(std::move(pattern)), base_(request.base), names_(request.input_names) {
    const auto [first, count] = request.numbers(
        [this](uint64_t number) { return first_missing(number).empty(); },
        [this](uint64_t number) { return "file " + in_quotes(first_missing(number)); }, request.where);
    first_ = first;
    samples_ = count;
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    std::vector<Tensor> tensors;
    for (const std::string& input : names_) {
      const NpyFile file = NpyFile::open(base_ / pattern_.name(input, first_ + index));
      tensors.push_back(to_model_input(file.tensor(), input, file.label()));
    }
    return tensors;
  }

 private:
  [[nodiscard]] std::string first_missing(uint64_t sample) const {
    std::error_code ignored;
    for (const std::string& input : names_) {
      std::string name = pattern_.name(input, sample);
      if (!std::filesystem::exists(base_ / name, ignored)) return name;
    }
    return {};
  }

  NamePattern pattern_;
  std::filesystem::path base_;
  std::vector<std::string> names_;
  uint64_t first_ = 0, samples_ = 0;
};

// A file for each input, whose rows are the samples.
class NpyRows final : public InputSource {
 public:
  NpyRows(const InputRequest& request, const NamePattern& pattern) : names_(request.input_names) {
    for (const std::string& input : names_) {
      files_.push_back(NpyFile::open(request.base / pattern.name(input, 0)));
      const NpyFile& file = files_.back();
      if (file.shape().empty()) {
        throw data_error("the array has no axis 0 for the samples", file.label(),
                         "save it with a leading axis, or one file a sample with {sample} in its name");
      }
      if (element_count(file.shape()) == 0)
        throw data_error(fmt::format("the array of shape {} is empty", to_string(file.shape())),
                         file.label());
      const uint64_t rows = static_cast<uint64_t>(file.shape()[0]);
      if (rows < samples_)
        samples_ =
            request.count(rows, file.label(),
                          fmt::format("row {} in the array of shape {}", rows, to_string(file.shape())));
    }
  }

  [[nodiscard]] uint64_t samples() const override { return samples_; }

  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < files_.size(); ++i)
      tensors.push_back(to_model_input(files_[i].row(index), names_[i], files_[i].label()));
    return tensors;
  }

 private:
  std::vector<std::string> names_;
  std::vector<NpyFile> files_;
  uint64_t samples_ = UINT64_MAX;
};

}  // namespace

std::unique_ptr<InputSource> open_npy_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "path"}, request.where);
  NamePattern pattern(request.text("path"), request);
  if (pattern.has_sample()) return std::make_unique<NpyFiles>(request, std::move(pattern));
  return std::make_unique<NpyRows>(request, pattern);
}

}  // namespace vernier::core
