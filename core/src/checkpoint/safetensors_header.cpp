#include "checkpoint/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are mapped as they lie in the file");

constexpr std::string_view kMetadataKey = "__metadata__";

// Builds entries straight from the parser's events: no document in between, so memory stays in proportion to
// real tensors.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(const std::string& label, const RunControl& control) : label_(label), control_(control) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop) {
      place_ = name_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
      field_.clear();
      entry_ = SafetensorsEntry{name_, {}, {}, 0, 0};
      offsets_.clear();
      fields_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) finish_entry();
    place_ = place_ == Place::kTop ? Place::kEnd : Place::kTop;
    return true;
  }

  bool key(string_t& word) override {
    if (place_ == Place::kTop) {
      control_.check();
      if (!names_.insert(word).second)
        refuse(word == kMetadataKey ? "__metadata__ is there twice"
                                    : fmt::format("tensor {} is there twice", in_quotes(word)));
      if (word.empty() || std::any_of(word.begin(), word.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
          })) {
        refuse(fmt::format("the tensor name {} is empty or holds a control character", in_quotes(word)));
      }
      name_ = word;
      return true;
    }
    const bool metadata = place_ == Place::kMetadata;
    if (!metadata && word != "dtype" && word != "shape" && word != "data_offsets")
      refuse(fmt::format("{} has an unknown key {}", subject(), in_quotes(word)));
    if (!fields_.insert(word).second)
      refuse(fmt::format("{} has the key {} twice", subject(), in_quotes(word)));
    field_ = word;
    return true;
  }

  bool string(string_t& word) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(field_, word);
    } else if (place_ == Place::kTensor && field_ == "dtype") {
      entry_.dtype = parse_safetensors_dtype(word);
      if (!entry_.dtype.is_set())
        refuse(fmt::format("{} has the unknown dtype {}", subject(), in_quotes(word)),
               "readable: " + safetensors_dtypes());
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || field_ == "dtype" || field_.empty()) unexpected("an array");
    place_ = field_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_.size() != 2)
      refuse(fmt::format("{} has {} data_offsets, not 2", subject(), offsets_.size()));
    place_ = Place::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ == Place::kShape) {
      if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        refuse(fmt::format("{} has an extent of {}, more than 63 bits", subject(), number));
      if (entry_.shape.size() == kMaxRank)
        refuse(fmt::format("{} has more than {} extents", subject(), kMaxRank));
      entry_.shape.push_back(static_cast<int64_t>(number));
    } else if (place_ == Place::kOffsets) {
      if (offsets_.size() == 2) refuse(fmt::format("{} has more than 2 data_offsets", subject()));
      offsets_.push_back(number);
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool number_integer(number_integer_t number) override {  // negative ones only
    if (place_ == Place::kShape) refuse(fmt::format("{} has the negative extent {}", subject(), number));
    if (place_ == Place::kOffsets)
      refuse(fmt::format("{} has the negative data offset {}", subject(), number));
    return unexpected("a number");
  }

  bool number_float(number_float_t, const string_t& text) override {
    return unexpected(fmt::format("the number {}", in_quotes(text)));
  }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    std::string_view cause = error.what();
    const size_t column = cause.find("column ");
    const size_t colon = column == cause.npos ? cause.npos : cause.find(": ", column);
    if (colon != cause.npos) cause.remove_prefix(colon + 2);
    const std::string near = name_.empty() ? "" : fmt::format(" after tensor {}", in_quotes(name_));
    refuse(fmt::format("the header is not valid JSON at its byte {}{}: {}", position == 0 ? 0 : position - 1,
                       near, one_line(cause)));
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  [[noreturn]] void refuse(std::string what, std::string hint = {}) const {
    throw data_error(std::move(what), label_, std::move(hint));
  }

  [[nodiscard]] std::string subject() const {
    return name_ == kMetadataKey ? std::string(kMetadataKey) : fmt::format("tensor {}", in_quotes(name_));
  }

  [[noreturn]] bool unexpected(const std::string& found) const {
    if (place_ == Place::kStart || place_ == Place::kEnd)
      refuse(fmt::format("the header is {}, not an object", found));
    if (place_ == Place::kTop) refuse(fmt::format("{} is {}, not an object", subject(), found));
    if (place_ == Place::kMetadata)
      refuse(fmt::format("__metadata__ key {} is {}, not a string", in_quotes(field_), found));
    refuse(fmt::format("{} has {} in {}", subject(), found, field_.empty() ? "its description" : field_));
  }

  void finish_entry() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields_.contains(field)) refuse(fmt::format("{} has no {}", subject(), field));
    }
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    const std::string described =
        fmt::format("{} {}", safetensors_dtype(entry_.dtype), to_string(entry_.shape));
    if (entry_.begin > entry_.end)
      refuse(fmt::format("{} begins at {} and ends at {}, before it begins", subject(), entry_.begin,
                         entry_.end));
    const std::optional<uint64_t> bytes = checked_bytes(entry_.dtype, entry_.shape);
    if (!bytes) refuse(fmt::format("{} is {}, whose size is beyond 63 bits", subject(), described));
    if (*bytes != entry_.end - entry_.begin) {
      refuse(fmt::format("{} is {}, which takes {} bytes, but its data_offsets [{}, {}] hold {}", subject(),
                         described, *bytes, entry_.begin, entry_.end, entry_.end - entry_.begin));
    }
    header_.entries.push_back(std::move(entry_));
  }

  const std::string& label_;
  const RunControl& control_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string name_;
  std::string field_;
  SafetensorsEntry entry_;
  std::vector<uint64_t> offsets_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> fields_;
};

// Puts the entries into the order of their bytes. These must cover the data exactly: a byte that no tensor
// owns, or two do, means that the header and the data belong to different files.
void check_layout(std::vector<SafetensorsEntry>& entries, uint64_t data_bytes, const std::string& label) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  const SafetensorsEntry* before = nullptr;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.end > data_bytes) {
      throw data_error(
          fmt::format("tensor {} ends at byte {} of the data, but the file holds {} bytes of data",
                      in_quotes(entry.name), entry.end, data_bytes),
          label, "the file is cut short or belongs to another header; fetch it again");
    }
    if (entry.begin < end) {
      throw data_error(fmt::format("tensor {} begins at byte {}, inside tensor {}, which ends at {}",
                                   in_quotes(entry.name), entry.begin, in_quotes(before->name), end),
                       label);
    }
    if (entry.begin > end) {
      throw data_error(
          fmt::format("tensor {} begins at byte {}, but {} ends at {}: the bytes between belong to no tensor",
                      in_quotes(entry.name), entry.begin,
                      before ? fmt::format("tensor {}", in_quotes(before->name)) : std::string("the header"),
                      end),
          label);
    }
    end = entry.end;
    before = &entry;
  }
  if (end != data_bytes) {
    throw data_error(fmt::format("{} trailing bytes: the file holds {} bytes of data, but {} ends at {}",
                                 data_bytes - end, data_bytes,
                                 before ? fmt::format("the last tensor {}", in_quotes(before->name))
                                        : std::string("the header"),
                                 end),
                     label);
  }
}

constexpr const char* kFetchAgain =
    "another file lies in its place, such as a page that a server sent: fetch it again";

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& label,
                                           const RunControl& control) {
  if (file.size() < 8)
    throw data_error(
        fmt::format("not a safetensors file: {} bytes, fewer than the 8 of the header's length", file.size()),
        label, kFetchAgain);
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: its first line
  constexpr std::string_view kPointer = "version https://git-lfs.github.com/spec/";
  const std::string_view start(reinterpret_cast<const char*>(file.data()),
                               std::min(file.size(), kPointer.size()));
  if (start == kPointer)
    throw data_error("not a safetensors file, but the pointer that Git LFS puts in its place", label,
                     "fetch the file itself: `git lfs pull` in the folder that was cloned");
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  if (length > kMaxSafetensorsHeader) {
    throw data_error(fmt::format("not a safetensors file: its header claims {} bytes, the format allows {}",
                                 length, kMaxSafetensorsHeader),
                     label, kFetchAgain);
  }
  if (length > file.size() - 8) {
    throw data_error(
        fmt::format("the header claims {} bytes, but {} follow its length", length, file.size() - 8), label,
        "the file is cut short; fetch it again");
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + 8, length);
  if (text.empty() || text.front() != '{')
    throw data_error("not a safetensors file: the header is not a JSON object", label);
  // The parser takes a zero byte for the end of the text and would not look at what follows.
  if (text.find('\0') != text.npos)
    throw data_error(fmt::format("a zero byte at byte {} of the header", text.find('\0')), label);
  HeaderReader reader(label, control);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  SafetensorsHeader header = reader.take();
  header.data_begin = 8 + length;
  check_layout(header.entries, file.size() - header.data_begin, label);
  return header;
}

}  // namespace vernier::core
