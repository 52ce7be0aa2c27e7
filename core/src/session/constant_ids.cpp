#include "session/constant_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "plugin/sha256.h"

namespace vernier::core {

namespace {

constexpr uint64_t kPiece = 1 << 20;

template <typename T>
void append(std::string& key, const std::vector<T>& numbers) {
  key += fmt::format(" {}:", numbers.size());
  key.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}

// All that the bytes are made of, but for the parameter's values.
std::string form_of(const GraphValue& value) {
  std::string key = fmt::format("{} {} {}", value.dtype.name(), value.constant_bytes,
                                value.qparams ? value.qparams->axis : int64_t{-2});
  if (value.qparams) {
    if (value.qparams->block_size > 0) key += fmt::format(" blocks {}", value.qparams->block_size);
    append(key, value.qparams->scale);
    append(key, value.qparams->zero_point);
  }
  return key;
}

std::string digest(const CapturedGraph& captured, ValueIndex index, uint64_t bytes) {
  Sha256 sum;
  std::vector<std::byte> piece;
  for (uint64_t done = 0; done < bytes; done += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(kPiece, bytes - done)));
    captured.read(index, done, piece.data(), piece.size());
    sum.update(piece);
  }
  return sum.finish();
}

}  // namespace

uint64_t ConstantIds::id(std::string key) {
  return ids_.try_emplace(std::move(key), ids_.size() + 1).first->second;
}

void ConstantIds::assign(Graph& graph, const CapturedGraph& captured) {
  for (ValueIndex index = 0; index < graph.values.size(); ++index) {
    GraphValue& value = graph.values[index];
    if (value.kind != ValueKind::kConstant) continue;
    const Parameter* parameter = captured.stored_parameter(index);
    value.constant_id =
        id(parameter != nullptr
               ? fmt::format("parameter {} {}", static_cast<const void*>(parameter), form_of(value))
               : fmt::format("bytes {} {}", value.constant_bytes,
                             digest(captured, index, value.constant_bytes)));
  }
}

void ConstantIds::assign(Graph& planned) {
  for (GraphValue& value : planned.values) {
    if (value.kind == ValueKind::kConstant && value.parameter >= 0)
      value.constant_id = id(fmt::format("parameter {} {}", value.parameter, form_of(value)));
  }
}

}  // namespace vernier::core
