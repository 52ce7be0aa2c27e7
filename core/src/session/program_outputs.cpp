// outputs.safetensors of a run with a program.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "checkpoint/safetensors_writer.h"
#include "session/program_evaluation.h"

namespace vernier::core {

void ProgramEvaluation::write_outputs(const std::filesystem::path& path) const {
  constexpr const char* kLanes[] = {"float_out", "quant_out"};
  std::vector<SafetensorsWriter::Item> items;
  for (size_t i = 0; i < kept_.size(); ++i) {
    const std::string end = i == 0 ? "" : fmt::format(".{}", i);
    for (const int lane : {0, 1}) {
      const auto& scores = kept_[i].scores[lane];
      const auto tokens = static_cast<int64_t>(scores.size());
      items.push_back({fmt::format("{}.scores{}", kLanes[lane], end), kFloat32,
                       Shape{tokens, store_.get(scores.front()).elements()}});
      items.push_back({fmt::format("{}.tokens{}", kLanes[lane], end), kInt32, Shape{tokens}});
    }
  }
  SafetensorsWriter writer(path, items);
  size_t item = 0;
  for (const Kept& one : kept_) {
    for (const int lane : {0, 1}) {
      for (const Store::Id id : one.scores[lane]) {
        const Tensor scores = store_.get(id);
        const int32_t token = greatest_score(scores);
        writer.write(item, std::span(scores.data, scores.bytes()));
        writer.write(item + 1, std::as_bytes(std::span(&token, 1)));
      }
      item += 2;
    }
  }
  writer.finish();
}

}  // namespace vernier::core
