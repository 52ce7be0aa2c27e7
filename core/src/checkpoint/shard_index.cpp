#include "checkpoint/shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/mapped_file.h"
#include "text/quote.h"
#include "text/strict_json.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// Links are followed (download caches are made of them), but the index itself may only name what lies below
// it.
bool stays_below(const std::string& shard) {
  const std::filesystem::path path(shard);
  if (shard.empty() || shard.find('\\') != shard.npos || shard.find('\0') != shard.npos || path.is_absolute())
    return false;
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

std::map<std::string, std::string> read_shard_index(const std::filesystem::path& index) {
  const auto file = MappedFile::open(index);
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  const nlohmann::json json = parse_strict_json(text, index.string());
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw data_error("the index has no object \"weight_map\"", index.string(),
                     "it maps each tensor's name to the shard that holds it");
  }
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) {
      throw data_error(fmt::format("weight_map gives tensor {} a {} for its shard, not a file name",
                                   in_quotes(name), shard.type_name()),
                       index.string());
    }
    const std::string& path = shard.get_ref<const std::string&>();
    if (!stays_below(path)) {
      throw data_error(
          fmt::format("weight_map puts tensor {} into {}, which is not a file below the checkpoint's folder",
                      in_quotes(name), in_quotes(path)),
          index.string(), "shards are named relative to the index, without \"..\"");
    }
    shards.emplace(name, path);
  }
  if (shards.empty()) throw data_error("the index's weight_map is empty", index.string());
  return shards;
}

}  // namespace vernier::core
