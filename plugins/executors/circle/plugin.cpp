// The Circle executor: bytes of a .circle file in, tensors out.
#include <vernier/executor.h>

#include <algorithm>

#include "file_map.h"
#include "machine.h"
#include "open_extent.h"
#include "reader.h"

namespace {

using namespace circle_executor;

class CircleExecutor : public vernier::Executor {
 public:
  CircleExecutor(const vernier::Options& options, const std::string& path)
      : file_(path),
        model_(read_model(file_.data(), file_.size(), choice_of(options))),
        limits_{static_cast<uint64_t>(options.integer("/max_memory_mib", 8192)) << 20,
                options.number("/max_operations", 1e14)},
        machine_(model_, limits_) {
    for (const TensorIndex input : model_.inputs) inputs_.push_back(tensor(input).file);
    for (const TensorIndex output : model_.outputs) outputs_.push_back(tensor(output).file);
  }

  [[nodiscard]] const std::vector<vernier::FileTensor>& inputs() const override { return inputs_; }
  [[nodiscard]] const std::vector<vernier::FileTensor>& outputs() const override { return outputs_; }

  void run(const std::vector<vernier::TensorView>& inputs, bool intermediates,
           vernier::Results& results) override {
    std::vector<const std::byte*> data;
    std::vector<Shape> shapes;
    for (const vernier::TensorView& input : inputs) {
      data.push_back(static_cast<const std::byte*>(input.bytes()));
      shapes.push_back(input.shape());
    }
    const int64_t extent = open_extent(model_, shapes);
    if (extent == 1) return run(model_, machine_, data, intermediates, results);
    const Model resized = with_open_extent(model_, extent);
    run(resized, Machine(resized, limits_), data, intermediates, results);
  }

 private:
  static void run(const Model& model, const Machine& machine, const std::vector<const std::byte*>& data,
                  bool intermediates, vernier::Results& results) {
    const auto tensor = [&](TensorIndex index) -> const Tensor& {
      return model.tensors[static_cast<size_t>(index)];
    };
    Machine::Seen seen;
    if (intermediates) {
      seen = [&](TensorIndex made, const std::byte* bytes) {
        const bool is_output =
            std::find(model.outputs.begin(), model.outputs.end(), made) != model.outputs.end();
        if (!is_output) results.put_intermediate(tensor(made).file, bytes, tensor(made).bytes);
      };
    }
    machine.run(data, seen, [&](size_t i, TensorIndex made, const std::byte* bytes) {
      results.put_output(i, tensor(made).file, bytes, tensor(made).bytes);
    });
  }
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
  Limits limits_;
  Machine machine_;  // of the file's own shapes, in which an open extent is 1
  std::vector<vernier::FileTensor> inputs_;
  std::vector<vernier::FileTensor> outputs_;
};

}  // namespace

VERNIER_PLUGIN(vernier::executor<CircleExecutor>("circle"));
