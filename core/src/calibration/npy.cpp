#include "calibration/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "calibration/npy_header.h"
#include "checkpoint/safetensors_header.h"
#include "file/mapped_file.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are mapped as they lie in the file");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr uint64_t kMaxHeader = 64 * 1024;  // NumPy itself reads 10000 bytes

DType parse_descr(const std::string& descr, const std::string& label) {
  constexpr struct {
    std::string_view word;
    DType dtype;
  } kWords[] = {{"f2", kFloat16},
                {"f4", kFloat32},
                {"f8", {VERNIER_DTYPE_FLOAT, 64}},
                {"b1", kBool},
                {"i1", kInt8},
                {"i2", kInt16},
                {"i4", kInt32},
                {"i8", kInt64},
                {"u1", kUInt8},
                {"u2", {VERNIER_DTYPE_UINT, 16}},
                {"u4", {VERNIER_DTYPE_UINT, 32}},
                {"u8", {VERNIER_DTYPE_UINT, 64}}};
  const char order = descr.empty() ? '\0' : descr.front();
  if (order == '>')
    throw data_error(fmt::format("the array is big-endian ({})", in_quotes(descr)), label,
                     "save x.astype(x.dtype.newbyteorder('<'))");
  for (const auto& one : kWords) {
    const bool fits = order == '<' || order == '=' || (order == '|' && one.dtype.bits == 8);
    if (fits && std::string_view(descr).substr(1) == one.word) return one.dtype;
  }
  throw data_error(fmt::format("the array's dtype {} is not read", in_quotes(descr)), label,
                   "save it as float32, int32 or int64");
}

// The header's text, and where the data begins.
std::pair<std::string_view, size_t> split(std::span<const std::byte> bytes, const std::string& label) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (file.size() < 10 || file.substr(0, kMagic.size()) != kMagic) throw data_error("not an npy file", label);
  const int major = static_cast<unsigned char>(file[6]);
  if (major < 1 || major > 3)
    throw data_error(fmt::format("npy version {} is unknown; 1 to 3 are read", major), label);
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t begin = 8 + length_bytes;
  if (file.size() < begin)
    throw data_error(fmt::format("the npy file ends in its header's length, after {} bytes", file.size()),
                     label);
  uint32_t length = 0;
  std::memcpy(&length, file.data() + 8, length_bytes);
  if (length > kMaxHeader)
    throw data_error(fmt::format("the npy header claims {} bytes, at most {} are read", length, kMaxHeader),
                     label);
  if (length > file.size() - begin) {
    throw data_error(
        fmt::format("the npy header claims {} bytes, but {} follow its length", length, file.size() - begin),
        label, "the file is cut short");
  }
  return {file.substr(begin, length), begin + length};
}

}  // namespace

NpyFile NpyFile::open(const std::filesystem::path& file) {
  const std::shared_ptr<const MappedFile> mapped = MappedFile::open(file);
  return parse(mapped->bytes(), mapped, file.string());
}

NpyFile NpyFile::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                       std::string label) {
  const auto [text, data_begin] = split(bytes, label);
  const NpyHeader header = parse_npy_header(text, label);
  NpyFile file;
  file.dtype_ = parse_descr(header.descr, label);
  file.shape_ = header.shape;
  if (header.fortran_order && header.shape.size() > 1) {
    throw data_error("the array lies in Fortran order", label, "save numpy.ascontiguousarray(x)");
  }
  const std::optional<uint64_t> wanted = checked_bytes(file.dtype_, file.shape_);
  const std::string described = fmt::format("{} {}", file.dtype_.name(), to_string(file.shape_));
  if (!wanted)
    throw data_error(fmt::format("the array is {}, whose size is beyond 63 bits", described), label);
  const uint64_t there = bytes.size() - data_begin;
  if (*wanted != there) {
    throw data_error(fmt::format("the array is {}, which takes {} bytes, but the file holds {}", described,
                                 *wanted, there),
                     label, there < *wanted ? "the file is cut short" : "one array a file");
  }
  file.data_ = bytes.subspan(data_begin);
  file.owner_ = std::move(owner);
  file.label_ = std::move(label);
  return file;
}

Tensor NpyFile::tensor() const { return part(shape_, 0); }

Tensor NpyFile::row(uint64_t index) const {
  Shape shape = shape_;
  shape.at(0) = 1;
  const uint64_t bytes = dtype_.bytes(static_cast<uint64_t>(element_count(shape)));
  return part(std::move(shape), index * bytes);
}

Tensor NpyFile::part(Shape shape, uint64_t offset) const {
  const std::span<const std::byte> data =
      data_.subspan(offset, dtype_.bytes(static_cast<uint64_t>(element_count(shape))));
  if (dtype_ == kBool) {
    // Any other value would be undefined behaviour for who reads it as a bool.
    const auto wrong =
        std::find_if(data.begin(), data.end(), [](std::byte value) { return value > std::byte{1}; });
    if (wrong != data.end()) {
      throw data_error(
          fmt::format("the array is bool, but its element {} is {}, neither 0 nor 1",
                      offset + static_cast<uint64_t>(wrong - data.begin()), static_cast<int>(*wrong)),
          label_);
    }
  }
  return tensor_over(dtype_, std::move(shape), data.data(), owner_);
}

}  // namespace vernier::core
