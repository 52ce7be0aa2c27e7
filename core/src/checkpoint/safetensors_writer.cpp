#include "checkpoint/safetensors_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

void check_items(const std::vector<SafetensorsWriter::Item>& items, const std::string& file) {
  std::set<std::string_view> names;
  for (const auto& item : items) {
    if (item.name == "__metadata__" || !names.insert(item.name).second) {
      throw internal_error(fmt::format("the tensor name {} is reserved or there twice", in_quotes(item.name)),
                           file);
    }
    if (safetensors_dtype(item.dtype).empty()) {
      throw internal_error(fmt::format("tensor {} is {}, which safetensors has no word for",
                                       in_quotes(item.name), item.dtype.name()),
                           file);
    }
  }
}

// Offsets for all, wider elements first and otherwise as given.
std::vector<SafetensorsEntry> lay_out(const std::vector<SafetensorsWriter::Item>& items,
                                      const std::string& file) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return items[a].dtype.bits > items[b].dtype.bits; });
  std::vector<SafetensorsEntry> entries(items.size());
  uint64_t end = 0;
  for (size_t index : order) {
    const auto& item = items[index];
    const std::optional<uint64_t> bytes = checked_bytes(item.dtype, item.shape);
    const uint64_t begin = end;
    if (!bytes || __builtin_add_overflow(end, *bytes, &end) || end > uint64_t{1} << 62) {
      throw internal_error(
          fmt::format("tensor {} {} is too large for a file", in_quotes(item.name), to_string(item.shape)),
          file);
    }
    entries[index] = SafetensorsEntry{item.name, item.dtype, item.shape, begin, end};
  }
  return entries;
}

std::string header_text(std::vector<SafetensorsEntry> entries,
                        const std::map<std::string, std::string>& metadata, const std::string& file) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.begin < b.begin; });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  auto& members = header.get_ref<nlohmann::ordered_json::object_t&>();
  if (!metadata.empty()) members.push_back({"__metadata__", metadata});
  for (const SafetensorsEntry& entry : entries) {
    nlohmann::ordered_json one;
    one["dtype"] = safetensors_dtype(entry.dtype);
    one["shape"] = entry.shape;
    one["data_offsets"] = {entry.begin, entry.end};
    members.push_back({entry.name, std::move(one)});  // names are known to differ: no search for each
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > kMaxSafetensorsHeader)
      throw internal_error(fmt::format("a header of {} bytes is beyond the format's limit", text.size()),
                           file);
    return text;
  } catch (const nlohmann::json::type_error& error) {
    throw internal_error(fmt::format("a tensor's name or the metadata is not UTF-8: {}", error.what()), file);
  }
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& file, const std::vector<Item>& items,
                                     const std::map<std::string, std::string>& metadata)
    : written_(items.size(), 0), file_(file) {
  check_items(items, file.string());
  entries_ = lay_out(items, file.string());
  const std::string text = header_text(entries_, metadata, file.string());
  const uint64_t length = text.size();
  data_begin_ = 8 + length;
  file_.write(std::as_bytes(std::span(&length, 1)));
  file_.write(text);
}

void SafetensorsWriter::write(size_t index, std::span<const std::byte> bytes) {
  const SafetensorsEntry& entry = entries_.at(index);
  if (bytes.size() > entry.end - entry.begin - written_[index]) {
    throw internal_error(
        fmt::format("tensor {} gets more than its {} bytes", in_quotes(entry.name), entry.end - entry.begin));
  }
  file_.write_at(data_begin_ + entry.begin + written_[index], bytes);
  written_[index] += bytes.size();
}

void SafetensorsWriter::write(size_t index, const Tensor& tensor) {
  const SafetensorsEntry& entry = entries_.at(index);
  if (tensor.dtype != entry.dtype || tensor.shape != entry.shape) {
    throw internal_error(fmt::format("tensor {} is declared {} {}, but given {} {}", in_quotes(entry.name),
                                     entry.dtype.name(), to_string(entry.shape), tensor.dtype.name(),
                                     to_string(tensor.shape)));
  }
  write(index, std::span(tensor.data, tensor.bytes()));
}

void SafetensorsWriter::finish() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const uint64_t wanted = entries_[i].end - entries_[i].begin;
    if (written_[i] != wanted) {
      throw internal_error(
          fmt::format("tensor {} has {} of its {} bytes", in_quotes(entries_[i].name), written_[i], wanted));
    }
  }
  file_.commit();
}

}  // namespace vernier::core
