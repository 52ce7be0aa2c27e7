#include "calibration/npy_header.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  NpyHeader read() {
    NpyHeader header;
    std::set<std::string> keys;
    expect('{');
    while (!take('}')) {
      const std::string key = read_string();
      if (!keys.insert(key).second) refuse(fmt::format("the key {} is there twice", in_quotes(key)));
      expect(':');
      if (key == "descr") {
        header.descr = read_descr();
      } else if (key == "fortran_order") {
        header.fortran_order = read_bool();
      } else if (key == "shape") {
        header.shape = read_shape();
      } else {
        refuse(fmt::format("unknown key {}", in_quotes(key)));
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) refuse("something follows the dictionary");
    for (const char* key : {"descr", "fortran_order", "shape"}) {
      if (!keys.contains(key)) refuse(fmt::format("no key '{}'", key));
    }
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw data_error(fmt::format("the npy header is broken at its byte {}: {}", at_, what), label_,
                     "save the array again with numpy.save()");
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(fmt::format("'{}' is expected", c));
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  std::string read_string() {
    const char quote = take('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const size_t end = text_.find(quote, at_);
    if (end == text_.npos) refuse("a string has no end");
    const std::string_view value = text_.substr(at_, end - at_);
    if (value.find('\\') != value.npos) refuse("a string holds an escape");
    at_ = end + 1;
    return std::string(value);
  }

  std::string read_descr() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') {
      throw data_error("the array is structured: its dtype is a list of fields", label_,
                       "save one plain array for each field");
    }
    return read_string();
  }

  bool read_bool() {
    if (take_word("True")) return true;
    if (!take_word("False")) refuse("True or False is expected");
    return false;
  }

  Shape read_shape() {
    Shape shape;
    expect('(');
    while (!take(')')) {
      if (shape.size() == kMaxRank) refuse(fmt::format("more than {} extents", kMaxRank));
      shape.push_back(read_extent());
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  int64_t read_extent() {
    skip_space();
    const size_t begin = at_;
    int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
          __builtin_add_overflow(value, int64_t{text_[at_] - '0'}, &value)) {
        refuse("an extent is beyond 63 bits");
      }
    }
    if (at_ == begin) refuse("an extent of the shape is no unsigned integer");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote its long integers so
    return value;
  }

  std::string_view text_;
  const std::string& label_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& label) {
  return DictionaryReader(text, label).read();
}

}  // namespace vernier::core
