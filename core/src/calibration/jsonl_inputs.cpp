#include "calibration/input_kinds.h"
#include "calibration/jsonl.h"
#include "random/random_description.h"

namespace vernier::core {
namespace {

class JsonlInputs final : public InputSource {
 public:
  explicit JsonlInputs(const InputRequest& request)
      : lines_(JsonLines::open(request.base / request.text("path"))),
        names_(request.input_names),
        samples_(request.count(lines_.size(), lines_.label(), fmt::format("line {}", lines_.size() + 1))) {}

  [[nodiscard]] uint64_t samples() const override { return samples_; }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    return lines_.read(index, names_);
  }

 private:
  JsonLines lines_;
  std::vector<std::string> names_;
  uint64_t samples_;
};

}  // namespace

std::unique_ptr<InputSource> open_jsonl_inputs(const InputRequest& request) {
  check_keys(request.description, {"kind", "path"}, request.where);
  return std::make_unique<JsonlInputs>(request);
}

}  // namespace vernier::core
