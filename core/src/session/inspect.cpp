#include "vernier/core/inspect.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "file/mapped_file.h"
#include "onnx/reader.h"
#include "plugin/discovery.h"
#include "session/inspect_model.h"
#include "vernier/core/error.h"
#include "vernier/core/shown_text.h"

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

Inspection inspect_checkpoint(const fs::path& path, const RunControl& control) {
  const Checkpoint checkpoint = Checkpoint::open(path, control);
  Inspection result{"checkpoint", {}, {}, {}};
  nlohmann::json tensors = nlohmann::json::array();
  uint64_t total = 0;
  std::map<std::string, uint64_t> by_dtype;
  result.table = fmt::format("{:<72} {:<9} {:<20} {:>14}  {}\n", "tensor", "dtype", "shape", "bytes", "file");
  for (const TensorInfo& info : checkpoint.list()) {
    control.check();
    tensors.push_back({{"name", info.name},
                       {"dtype", info.dtype.name()},
                       {"shape", info.shape},
                       {"bytes", info.bytes},
                       {"file", info.file}});
    result.table += fmt::format("{:<72} {:<9} {:<20} {:>14}  {}\n", shown(info.name), info.dtype.name(),
                                to_string(info.shape), info.bytes, shown(info.file));
    total += info.bytes;
    by_dtype[info.dtype.name()] += info.bytes;
  }
  nlohmann::json warnings = nlohmann::json::array();
  for (const Diagnostic& warning : checkpoint.warnings()) {
    warnings.push_back({{"what", warning.what}, {"where", warning.where}});
    result.table += fmt::format("warning: {} ({})\n", shown(warning.what), shown(warning.where));
  }
  result.table +=
      fmt::format("{} tensors, {} bytes, {} files\n", tensors.size(), total, checkpoint.files().size());
  for (const auto& [dtype, bytes] : by_dtype) result.table += fmt::format("  {}: {} bytes\n", dtype, bytes);
  *result.json = {{"kind", "checkpoint"},      {"path", path.string()}, {"config", checkpoint.config()},
                  {"tensors", tensors},        {"bytes", total},        {"warnings", warnings},
                  {"bytes_by_dtype", by_dtype}};
  if (fs::is_directory(path)) {
    result.not_served = look_at_model(path, control, *result.json).reason;
    result.table += served_lines(*result.json);
  }
  return result;
}

Inspection inspect_plugin(const fs::path& path) {
  const Candidate candidate = look_at_plugin(path);
  Inspection result{"plugin",
                    nlohmann::json{{"kind", "plugin"},
                                   {"file", path.string()},
                                   {"sha256", candidate.sha256},
                                   {"verdict", to_string(candidate.verdict)},
                                   {"reason", candidate.reason}},
                    {},
                    {}};
  result.table =
      fmt::format("{}\n  {}{}\n  sha256 {}\n", candidate.file.string(), to_string(candidate.verdict),
                  candidate.reason.empty() ? "" : ": " + candidate.reason, candidate.sha256);
  if (!candidate.manifest) return result;
  const Manifest& manifest = *candidate.manifest;
  result.json->update({{"id", manifest.id},
                       {"version", manifest.version},
                       {"license", manifest.license},
                       {"summary", manifest.summary},
                       {"abi", fmt::format("{}.{}", manifest.abi_major, manifest.abi_minor)},
                       {"minimum_host_minor", manifest.minimum_host_minor}});
  result.table += fmt::format("  {} {} ({}), ABI {}.{}: {}\n", manifest.id, manifest.version,
                              manifest.license, manifest.abi_major, manifest.abi_minor, manifest.summary);
  for (const ComponentInfo& info : manifest.components) {
    (*result.json)["components"].push_back(
        {{"kind", info.kind}, {"name", info.name}, {"summary", info.summary}, {"types", info.types}});
    result.table += fmt::format("  {:<9} {:<32} {}\n", info.kind, info.name, info.summary);
  }
  return result;
}

bool begins_with(std::span<const std::byte> bytes, std::string_view magic, size_t offset) {
  if (bytes.size() < offset + magic.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + offset, magic.size()) == magic;
}

}  // namespace

Inspection inspect_circle(const fs::path& path);                           // inspect_circle.cpp
Inspection inspect_onnx(const fs::path& path, const RunControl& control);  // inspect_onnx.cpp

Inspection inspect(const fs::path& file, const RunControl& control) {
  std::error_code error;
  if (fs::is_directory(file, error)) return inspect_checkpoint(file, control);
  if (!fs::exists(file, error))
    throw data_error("no such file or folder: " + file.string(), file.string(), "check the path");
  const auto mapped = MappedFile::open(file);
  if (begins_with(mapped->bytes(), "CIR0", 4) || begins_with(mapped->bytes(), "TFL3", 4))
    return inspect_circle(file);
  if (begins_with(mapped->bytes(),
                  "\x7f"
                  "ELF",
                  0))
    return inspect_plugin(file);
  if (begins_with(mapped->bytes(), "{", 8)) return inspect_checkpoint(file, control);
  if (looks_like_onnx(mapped->bytes())) return inspect_onnx(file, control);
  throw data_error(
      fmt::format("{} is neither a .circle, a .tflite, a .onnx, a .safetensors nor a plugin library",
                  file.string()),
      file.string(),
      "inspect looks at the content: a model's folder, .safetensors, .circle, .tflite, .onnx or .so");
}

}  // namespace vernier::core
