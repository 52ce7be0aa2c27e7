#include "report/stored_parameters.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "checkpoint/safetensors_header.h"
#include "circle/reader.h"
#include "file/mapped_file.h"
#include "onnx/reader.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using Stored = std::map<std::string, StoredParameter>;

// Constants of a file by name.
using Constants = std::map<std::string, StoredParameter>;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_text_at(std::span<const std::byte> bytes, size_t offset, std::string_view text) {
  return bytes.size() >= offset + text.size() &&
         std::memcmp(bytes.data() + offset, text.data(), text.size()) == 0;
}

Constants circle_constants(std::span<const std::byte> bytes, const std::string& name) {
  Constants constants;
  for (const CircleSubgraph& subgraph : read_circle(bytes, name).subgraphs) {
    for (const CircleTensor& tensor : subgraph.tensors) {
      if (tensor.constant) constants[tensor.name] = {DType::parse(lower(tensor.type)), tensor.data_bytes};
    }
  }
  return constants;
}

Constants onnx_constants(std::span<const std::byte> bytes, const std::string& name) {
  Constants constants;
  for (const OnnxConstant& one : read_onnx_constants(bytes, name))
    constants[one.name] = {one.dtype, one.bytes};
  return constants;
}

// Elements of a packed weight: as many bits as let `columns` fill `words`.
DType packed_dtype(int64_t columns, int64_t words) {
  std::vector<DType> fitting;
  for (const DType dtype : {kInt4, kInt8}) {
    if ((columns * dtype.bits + 31) / 32 == words) fitting.push_back(dtype);
  }
  return fitting.size() == 1 ? fitting.front() : kInt32;
}

Constants safetensors_constants(std::span<const std::byte> bytes, const std::string& name) {
  const SafetensorsHeader header = parse_safetensors_header(bytes, name);
  Constants constants;
  std::map<std::string, const SafetensorsEntry*> entries;
  for (const SafetensorsEntry& entry : header.entries) {
    constants[entry.name] = {entry.dtype, entry.end - entry.begin};
    entries[entry.name] = &entry;
  }
  constexpr std::string_view kPacked = "_packed";
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.name.size() <= kPacked.size() || !entry.name.ends_with(kPacked)) continue;
    const std::string whole = entry.name.substr(0, entry.name.size() - kPacked.size());
    const auto shape = entries.find(whole + "_shape");
    if (shape == entries.end() || shape->second->end - shape->second->begin != 16 || entry.shape.size() != 2)
      continue;
    int64_t columns = 0;
    std::memcpy(&columns, bytes.data() + header.data_begin + shape->second->begin + 8, sizeof(columns));
    if (columns < 0 || columns > (int64_t{1} << 40)) continue;
    constants[whole] = {packed_dtype(columns, entry.shape[1]), entry.end - entry.begin};
  }
  return constants;
}

// A backend names what it makes of a parameter after it; scales and zero points are not the parameter.
const StoredParameter* constant_of(const Constants& constants, const std::string& path) {
  for (const char* suffix :
       {"", "/codes", "/transposed", "/constant", "/float32", "/negated", "/int64", "/int16", "/int8"}) {
    const auto found = constants.find(path + suffix);
    if (found != constants.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace

std::optional<Stored> stored_parameters(const std::filesystem::path& file, const ModuleTree& tree) {
  const auto mapped = MappedFile::open(file);
  const std::span<const std::byte> bytes = mapped->bytes();
  const std::string name = file.filename().string();
  Constants constants;
  if (has_text_at(bytes, 4, "CIR0") || has_text_at(bytes, 4, "TFL3"))
    constants = circle_constants(bytes, name);
  else if (has_text_at(bytes, 8, "{\""))
    constants = safetensors_constants(bytes, name);
  else if (looks_like_onnx(bytes))
    constants = onnx_constants(bytes, name);
  else
    return std::nullopt;
  Stored stored;
  for (const Parameter& parameter : tree.parameters) {
    if (const StoredParameter* one = constant_of(constants, parameter.path))
      stored.emplace(parameter.path, *one);
  }
  return stored;
}

}  // namespace vernier::core
