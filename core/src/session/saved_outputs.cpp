#include "session/saved_outputs.h"

#include <fmt/format.h>

#include "checkpoint/safetensors_writer.h"

namespace vernier::core {

void write_unit_outputs(const std::filesystem::path& path, const std::vector<std::unique_ptr<Unit>>& units,
                        const std::vector<Evaluation>& evaluations) {
  std::vector<SafetensorsWriter::Item> items;
  std::vector<const Tensor*> tensors;
  const auto add = [&](const std::string& stem, const std::vector<std::string>& names,
                       const std::vector<std::vector<Tensor>>& samples) {
    for (size_t i = 0; i < samples.size(); ++i) {
      for (size_t k = 0; k < samples[i].size(); ++k) {
        const std::string output = names.empty() ? std::to_string(k) : names.at(k);
        items.push_back({fmt::format("{}.{}{}", stem, output, i == 0 ? "" : fmt::format(".{}", i)),
                         samples[i][k].dtype, samples[i][k].shape});
        tensors.push_back(&samples[i][k]);
      }
    }
  };
  for (size_t unit = 0; unit < evaluations.size(); ++unit) {
    const std::string prefix = evaluations.size() == 1 ? "" : units[unit]->recipe->name + ".";
    add(prefix + "float_out", units[unit]->output_names, evaluations[unit].float_outputs);
    add(prefix + "quant_out", units[unit]->output_names, evaluations[unit].quantized_outputs);
  }
  SafetensorsWriter writer(path, items);
  for (size_t i = 0; i < tensors.size(); ++i) writer.write(i, *tensors[i]);
  writer.finish();
}

}  // namespace vernier::core
