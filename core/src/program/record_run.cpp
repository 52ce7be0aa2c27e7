#include "program/record_run.h"

#include <algorithm>

namespace vernier::core {

class RecordedRuns::Watch : public BoundaryWatch {
 public:
  explicit Watch(const RecordOptions& options) : options_(options) {}

  Tensor see(const BoundaryTensor& tensor, const Tensor& content) override {
    bytes_ += content.bytes();
    if (has_boundaries())
      tensors_[tensor.name()] = content;
    else
      tensors_.clear();
    return content;
  }
  bool wants_nodes(const BoundaryCall&) override { return options_.has_nodes && has_boundaries(); }

  [[nodiscard]] bool has_boundaries() const { return bytes_ <= options_.most_bytes; }
  [[nodiscard]] const RecordedTensors& tensors() const { return tensors_; }

 private:
  const RecordOptions& options_;
  uint64_t bytes_ = 0;
  RecordedTensors tensors_;
};

RecordedRuns::RecordedRuns(const Program& program, FileUnits& files, const RunControl& control,
                           RecordOptions options)
    : program_(program),
      options_(options),
      watch_(std::make_unique<Watch>(options_)),
      units_(program, files, *watch_),
      run_(program, units_, control, [this](const UnitCall& call) { units_.expect(call); }) {}

RecordedRuns::~RecordedRuns() = default;

bool RecordedRuns::has_boundaries() const { return watch_->has_boundaries(); }

RecordedTensors RecordedRuns::tensors() const {
  RecordedTensors all = requests_;
  all.insert(watch_->tensors().begin(), watch_->tensors().end());
  return all;
}

Generated RecordedRuns::add(uint64_t number, const Request& request, const GenerationLimits& limits) {
  units_.begin(number);
  Generated made = generate(run_, program_, request, limits);
  for (const auto& [name, tensor] : request) requests_[request_name(number, name)] = tensor;
  Tensor tokens = Tensor::allocate(kInt32, {static_cast<int64_t>(made.tokens.size())});
  std::ranges::copy(made.tokens, tokens.mutable_as<int32_t>());
  requests_[tokens_name(number)] = tokens;
  return made;
}

}  // namespace vernier::core
