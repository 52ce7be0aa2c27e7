#include "checkpoint/synthetic_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "file/atomic_file.h"
#include "random/random_description.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr uint64_t kChunk = 64 * 1024;  // elements in memory at a time

std::string parse_name(const nlohmann::json& tensor, const std::string& where) {
  const bool named = tensor.is_object() && tensor.contains("name") && tensor["name"].is_string();
  if (!named || tensor["name"].get_ref<const std::string&>().empty())
    throw usage_error("the tensor has no \"name\"", where);
  return tensor["name"];
}

void write_tensor(SafetensorsWriter& writer, size_t index, const RandomDescription& tensor,
                  const RandomStream& stream, const RunControl& control) {
  const uint64_t elements = static_cast<uint64_t>(element_count(tensor.shape));
  std::vector<std::byte> chunk(tensor.dtype.bytes(std::min(elements, kChunk)));
  for (uint64_t first = 0; first < elements; first += kChunk) {
    control.check();
    const uint64_t count = std::min(kChunk, elements - first);
    fill_random(chunk.data(), tensor.dtype, first, count, tensor.distribution, stream);
    writer.write(index, std::span(chunk).first(tensor.dtype.bytes(count)));
  }
}

}  // namespace

void write_synthetic_checkpoint(const nlohmann::json& description, const std::filesystem::path& folder,
                                const std::string& where, const RunControl& control) {
  check_keys(description, {"seed", "config", "tensors"}, where);
  const nlohmann::json config = description.value("config", nlohmann::json::object());
  if (!config.is_object()) throw usage_error("\"config\" is not an object", where);
  const std::optional<uint64_t> seed = as_unsigned(description.value("seed", nlohmann::json(0)));
  if (!seed) throw usage_error("\"seed\" is not an unsigned integer", where);
  if (!description.contains("tensors") || !description["tensors"].is_array())
    throw usage_error("\"tensors\" is not an array", where);

  std::vector<SafetensorsWriter::Item> items;
  std::vector<RandomDescription> tensors;
  std::set<std::string> names;
  for (const nlohmann::json& tensor : description["tensors"]) {
    const std::string here = fmt::format("{} /tensors/{}", where, tensors.size());
    const std::string name = parse_name(tensor, here);
    if (!names.insert(name).second)
      throw usage_error(fmt::format("the tensor {} is there twice", in_quotes(name)), here);
    tensors.push_back(parse_random_description(tensor, {kFloat32, kBFloat16}, here, {"name"}));
    items.push_back({name, tensors.back().dtype, tensors.back().shape});
  }
  SafetensorsWriter writer(folder / "model.safetensors", items, {{"format", "pt"}});
  for (size_t i = 0; i < items.size(); ++i)
    write_tensor(writer, i, tensors[i], RandomStream(*seed, items[i].name, 0), control);
  writer.finish();
  AtomicFile config_file(folder / "config.json");
  config_file.write(config.dump(2) + "\n");
  config_file.commit();
}

}  // namespace vernier::core
