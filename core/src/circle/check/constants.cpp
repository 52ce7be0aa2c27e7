// Where the bytes of constants lie, and that there are as many as shape and type say.
#include <fmt/format.h>

#include <algorithm>

#include "circle/check/checked_model.h"

namespace vernier::core {

namespace {

constexpr uint64_t kAlignment = 16;

void check_external(CheckedModel& model) {
  const auto* buffers = model.table->buffers();
  if (buffers == nullptr) return;
  struct Range {
    uint64_t begin, end;
    uint32_t buffer;
  };
  std::vector<Range> ranges;
  for (uint32_t i = 0; i < buffers->size(); ++i) {
    const circle::Buffer& buffer = *buffers->Get(i);
    if (buffer.offset() <= 1) continue;
    const std::string where = fmt::format("buffer {}", i);
    if (buffer.data() != nullptr)
      model.error("external-buffer", where, "has data both inside and outside the FlatBuffer");
    if (buffer.offset() > model.bytes.size() || buffer.size() > model.bytes.size() - buffer.offset()) {
      model.error("external-buffer", where,
                  fmt::format("lies outside the file: {} bytes at {} of {}", buffer.size(), buffer.offset(),
                              model.bytes.size()));
      continue;
    }
    if (buffer.offset() % kAlignment != 0)
      model.error("external-buffer", where,
                  fmt::format("stands at {}, which 16 does not divide", buffer.offset()));
    ranges.push_back({buffer.offset(), buffer.offset() + buffer.size(), i});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin < ranges[i - 1].end)
      model.error("external-buffer", fmt::format("buffer {}", ranges[i].buffer),
                  fmt::format("overlaps buffer {}", ranges[i - 1].buffer));
  }
}

}  // namespace

void check_constants(CheckedModel& model) {
  check_external(model);
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.tensors.size(); ++i) {
      model.control->check();
      const CheckedTensor& tensor = subgraph.tensors[i];
      const int bits = bits_of(tensor.type);
      if (!tensor.has_data || bits == 0 || tensor.table->sparsity() != nullptr ||
          tensor.table->compression_type() != circle::CompressionType::NONE)
        continue;
      const std::string where = tensor_name(subgraph, static_cast<int32_t>(i));
      const uint64_t wanted = (tensor.elements * static_cast<uint64_t>(bits) + 7) / 8;
      if (tensor.data.size() != wanted)
        model.error("buffer-size", where,
                    fmt::format("has {} bytes of data; its shape and {} need {}", tensor.data.size(),
                                type_name(tensor.type), wanted));
      const auto place = static_cast<uint64_t>(tensor.data.data() - model.bytes.data());
      if (!tensor.data.empty() && place % kAlignment != 0)
        model.warning("alignment", where,
                      fmt::format("its data stands at {}, which 16 does not divide", place));
    }
  }
}

}  // namespace vernier::core
