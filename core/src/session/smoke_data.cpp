#include "session/smoke_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "checkpoint/safetensors_writer.h"
#include "checkpoint/synthetic_checkpoint.h"
#include "random/torch_numbers.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// How `one` is drawn where the case says nothing else.
json usual(const DeclaredTensor& one) {
  if (one.number)
    return {{"distribution", "uniform"}, {"low", *one.number}, {"high", *one.number}};  // always that one
  if (!one.is_bias && one.shape.size() < 2) return {{"mean", 1.0}, {"std", 0.1}};
  const double bound = 1.0 / std::sqrt(static_cast<double>(std::max<int64_t>(one.inputs, 1)));
  return {{"distribution", "uniform"}, {"low", -bound}, {"high", bound}};
}

json checkpoint_description(const SmokeCase& one, const std::vector<DeclaredTensor>& tensors) {
  json rows = json::array();
  for (const DeclaredTensor& tensor : tensors) {
    const json own = one.tensors->value(tensor.name, json::object());
    const bool is_drawn_otherwise = own.size() > (own.contains("shape") ? 1u : 0u);
    json row = is_drawn_otherwise ? own : usual(tensor);
    row["name"] = tensor.name;
    row["shape"] = tensor.shape;
    rows.push_back(std::move(row));
  }
  return {{"seed", one.seed}, {"config", json::object()}, {"tensors", rows}};
}

class TensorFile {
 public:
  Tensor& add(std::string name, const Shape& shape) {
    items_.push_back({std::move(name), kFloat32, shape});
    tensors_.push_back(Tensor::allocate(kFloat32, shape));
    return tensors_.back();
  }
  void write(const std::filesystem::path& file) const {
    SafetensorsWriter writer(file, items_, {{"format", "pt"}});
    for (size_t i = 0; i < tensors_.size(); ++i) writer.write(i, tensors_[i]);
    writer.finish();
  }

 private:
  std::vector<SafetensorsWriter::Item> items_;
  std::vector<Tensor> tensors_;
};

std::span<float> elements(Tensor& tensor) {
  return {tensor.mutable_as<float>(), static_cast<size_t>(tensor.elements())};
}

// As nn.Linear starts: kaiming_uniform_ with a = sqrt(5), and the bias after it (LibTorch's Linear.cpp).
void draw(const DeclaredTensor& one, TorchNumbers& numbers, std::span<float> out) {
  if (one.number) {
    std::fill(out.begin(), out.end(), static_cast<float>(*one.number));
  } else if (one.is_bias || one.shape.size() > 1) {
    const double inputs = static_cast<double>(std::max<int64_t>(one.inputs, 1));
    const double bound = one.is_bias ? 1.0 / std::sqrt(inputs)
                                     : std::sqrt(3.0) * (std::sqrt(2.0 / (1 + 5)) / std::sqrt(inputs));
    numbers.uniform(out, static_cast<float>(-bound), static_cast<float>(bound));
  } else {
    std::fill(out.begin(), out.end(), 1.0f);
  }
}

json write_as_torch(const SmokeCase& one, const std::vector<DeclaredTensor>& tensors,
                    const std::vector<std::string>& inputs, const std::filesystem::path& folder) {
  TorchNumbers numbers(one.seed);
  TensorFile checkpoint, samples;
  for (const DeclaredTensor& tensor : tensors)
    draw(tensor, numbers, elements(checkpoint.add(tensor.name, tensor.shape)));
  for (uint64_t i = 0; i < one.samples; ++i) {
    for (const std::string& input : inputs)
      numbers.normal(elements(
          samples.add(fmt::format("{}.{}", input, i), one.inputs->at(input).at("shape").get<Shape>())));
  }
  checkpoint.write(folder / "checkpoint/model.safetensors");
  samples.write(folder / "samples.safetensors");
  return {{"kind", "safetensors"}, {"path", "samples.safetensors"}};
}

}  // namespace

json write_smoke_data(const SmokeCase& one, const std::vector<DeclaredTensor>& tensors,
                      const std::vector<std::string>& inputs, const std::filesystem::path& folder,
                      const RunControl& control) {
  std::filesystem::create_directory(folder / "checkpoint");
  if (one.is_drawn_by_torch) return write_as_torch(one, tensors, inputs, folder);
  write_synthetic_checkpoint(checkpoint_description(one, tensors), folder / "checkpoint",
                             "the random checkpoint", control);
  return {{"kind", "synthetic"}, {"inputs", one.inputs}};
}

}  // namespace vernier::core
