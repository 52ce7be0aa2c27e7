// Modules of the mini model of tests/data/golden/tiny/gemma4_text_model, and what to give them.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/prepare.h"
#include "support/tensors.h"

namespace vernier::core::testing {

using nlohmann::json;

inline const std::filesystem::path kMini = source_file("tests/data/golden/tiny/gemma4_text_model");
constexpr int64_t kHidden = 16;

inline json mini_config(const json& changes = json::object()) {
  json config = read_json(kMini / "recipe.json").at("model").at("config");
  for (const auto& [key, value] : changes.items()) {
    if (value.is_null())
      config.erase(key);
    else
      config[key] = value;
  }
  return config;
}

// A recipe for that module; what its forward takes, in shapes that nobody runs.
inline json text_recipe(const std::string& module, const std::string& type, const json& config) {
  json inputs = json::object();
  if (type == "Gemma4TextModel") {
    inputs["input_ids"] = {{"shape", {1, 4}}, {"dtype", "int64"}, {"distribution", "uniform"}, {"high", 48}};
  } else {
    for (const char* name : {"hidden_states", "attention_mask", "cos", "sin"})
      inputs[name] = {{"shape", {1}}};
  }
  return {{"version", 1},
          {"model", {{"checkpoint", kMini.string()}, {"module", module}, {"type", type}, {"config", config}}},
          {"runtime", {{"strict", false}}},  // each composite reads a part of the text config
          {"calibration", {{"inputs", {{"kind", "synthetic"}, {"inputs", inputs}}}, {"samples", 1}}}};
}

// Waves that differ from row to row.
inline Tensor waves(const Shape& shape, double phase) {
  Tensor result = Tensor::allocate(kFloat32, shape);
  for (int64_t i = 0; i < result.elements(); ++i)
    result.mutable_as<float>()[i] =
        static_cast<float>(1.5 * std::sin(0.7 * static_cast<double>(i * i % 97) + phase));
  return result;
}

// cos and sin of positions first ... first + tokens - 1; the first half of the sines negated or not.
inline std::pair<Tensor, Tensor> positions(int64_t first, int64_t tokens, int64_t size, bool is_negated) {
  Tensor cos = Tensor::allocate(kFloat32, {1, tokens, size}),
         sin = Tensor::allocate(kFloat32, {1, tokens, size});
  for (int64_t i = 0; i < cos.elements(); ++i) {
    const int64_t column = i % size, position = first + i / size;
    const double angle =
        static_cast<double>(position) * std::pow(10.0, -static_cast<double>(column % (size / 2)));
    cos.mutable_as<float>()[i] = static_cast<float>(std::cos(angle));
    sin.mutable_as<float>()[i] =
        static_cast<float>(is_negated && column < size / 2 ? -std::sin(angle) : std::sin(angle));
  }
  return {cos, sin};
}

inline Tensor causal(int64_t tokens) {
  Tensor mask = Tensor::allocate(kFloat32, {1, 1, tokens, tokens});
  for (int64_t i = 0; i < mask.elements(); ++i)
    mask.mutable_as<float>()[i] = i % tokens <= i / tokens ? 0.0F : -200.0F;
  return mask;
}

// Rows [begin, end) of the next to last axis.
inline Tensor rows(const Tensor& x, int64_t begin, int64_t end) {
  Shape shape = x.shape;
  const int64_t width = shape.back(), count = shape[shape.size() - 2];
  shape[shape.size() - 2] = end - begin;
  Tensor result = Tensor::allocate(kFloat32, shape);
  for (int64_t outer = 0; outer < x.elements() / (count * width); ++outer)
    std::copy_n(x.as<float>() + (outer * count + begin) * width, (end - begin) * width,
                result.mutable_as<float>() + outer * (end - begin) * width);
  return result;
}

inline void expect_close(const Tensor& ours, const Tensor& wanted, const std::string& what) {
  ASSERT_EQ(ours.shape, wanted.shape) << what;
  for (int64_t i = 0; i < ours.elements(); ++i)
    ASSERT_NEAR(ours.as<float>()[i], wanted.as<float>()[i], 1e-5) << what << " element " << i;
}

// A module of the mini model, its entries ready to run in float.
class TextModule {
 public:
  TextModule(const std::string& module, const std::string& type, const json& config) {
    test::write_file(folder_ / "recipe.json", text_recipe(module, type, config).dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    prepared_ = std::make_unique<Prepared>(prepare(options));
    device_ = make_reference_device(*prepared_->pool);
  }
  std::vector<Tensor> run(const std::string& entry, const std::vector<Tensor>& inputs) {
    const ComponentInfo& wrapper = *prepared_->catalog->wrapper_for(prepared_->tree->root().type).component;
    const auto found = std::find_if(wrapper.entries.begin(), wrapper.entries.end(),
                                    [&](const EntryInfo& one) { return one.name == entry; });
    EntryRunner runner(*prepared_->services, *prepared_->tree, *device_, entry, found->inputs);
    return runner.run(Reading::kFloat, inputs);
  }
  [[nodiscard]] const ModuleTree& tree() const { return *prepared_->tree; }

 private:
  test::TempFolder folder_;
  std::unique_ptr<Prepared> prepared_;
  std::unique_ptr<Device> device_;
};

}  // namespace vernier::core::testing
