// The Circle executor: bytes of a .circle file in, tensors out.
#include <vernier/executor.h>

#include <algorithm>

#include "file_map.h"
#include "machine.h"
#include "reader.h"

namespace {

using namespace circle_executor;

class CircleExecutor : public vernier::Executor {
 public:
  CircleExecutor(const vernier::Options& options, const std::string& path)
      : file_(path),
        model_(read_model(file_.data(), file_.size(), choice_of(options))),
        machine_(model_, {static_cast<uint64_t>(options.integer("/max_memory_mib", 8192)) << 20,
                          options.number("/max_operations", 1e14)}) {
    for (const TensorIndex input : model_.inputs) inputs_.push_back(tensor(input).file);
    for (const TensorIndex output : model_.outputs) outputs_.push_back(tensor(output).file);
  }

  [[nodiscard]] const std::vector<vernier::FileTensor>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<vernier::FileTensor>& outputs() const override { return outputs_; }

  void run(const std::vector<vernier::TensorView>& inputs, bool intermediates,
           vernier::Results& results) override {
    std::vector<const std::byte*> data;
    data.reserve(inputs.size());
    for (const vernier::TensorView& input : inputs)
      data.push_back(static_cast<const std::byte*>(input.bytes()));
    Machine::Seen seen;
    if (intermediates) {
      seen = [&](TensorIndex made, const std::byte* bytes) {
        const bool is_output =
            std::find(model_.outputs.begin(), model_.outputs.end(), made) != model_.outputs.end();
        if (!is_output) results.put_intermediate(tensor(made).file, bytes, tensor(made).bytes);
      };
    }
    machine_.run(data, seen, [&](size_t i, TensorIndex made, const std::byte* bytes) {
      results.put_output(i, tensor(made).file, bytes, tensor(made).bytes);
    });
  }

 private:
  static Choice choice_of(const vernier::Options& options) {
    Choice choice;
    if (options.has("/subgraph")) choice.subgraph = static_cast<uint64_t>(options.integer("/subgraph"));
    if (options.has("/signature")) choice.signature = options.text("/signature");
    return choice;
  }
  [[nodiscard]] const Tensor& tensor(TensorIndex index) const {
    return model_.tensors[static_cast<size_t>(index)];
  }

  FileMap file_;
  Model model_;
  Machine machine_;
  std::vector<vernier::FileTensor> inputs_;
  std::vector<vernier::FileTensor> outputs_;
};

}  // namespace

VERNIER_PLUGIN(vernier::executor<CircleExecutor>("circle"));
