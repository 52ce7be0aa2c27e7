// A config written in code, for children: {{"in_features", 32}, {"bias", false}}.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "vernier/options.h"

namespace vernier {

class Config {
 public:
  // One JSON value.
  class Entry {
   public:
    Entry(int value) : json_(std::to_string(value)) {}      // NOLINT: written inline in braces
    Entry(int64_t value) : json_(std::to_string(value)) {}  // NOLINT
    Entry(bool value) : json_(value ? "true" : "false") {}  // NOLINT
    Entry(double value) {
      std::ostringstream out;
      out.precision(17);
      out << value;
      json_ = out.str();
    }                                                                    // NOLINT
    Entry(const char* value) : Entry(std::string_view(value)) {}         // NOLINT
    Entry(const std::string& value) : Entry(std::string_view(value)) {}  // NOLINT
    Entry(const Options& value) : json_(value.json()) {}                 // NOLINT
    Entry(std::string_view value) : json_("\"") {                        // NOLINT
      for (char c : value) {
        if (c == '"' || c == '\\') json_ += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
          throw invalid_argument("a config text holds a control character");
        json_ += c;
      }
      json_ += '"';
    }
    [[nodiscard]] const std::string& json() const { return json_; }

   private:
    std::string json_;
  };

  Config(std::initializer_list<std::pair<std::string_view, Entry>> entries) {
    add(entries);
    json_ += '}';
  }
  // Passes a document on as it is.
  Config(const Options& document) : json_(document.json()) {}  // NOLINT
  // The same with these keys besides, which take the place of the document's own. Throws Error where the
  // document is no object.
  Config(const Options& document, std::initializer_list<std::pair<std::string_view, Entry>> more) {
    const std::string& text = document.json();
    const size_t first = text.find_first_not_of(kSpace), last = text.find_last_not_of(kSpace);
    if (first == std::string::npos || text[first] != '{' || text[last] != '}' || first == last)
      throw invalid_argument("keys are added to a config that is no object");
    json_ = text.substr(first, text.find_last_not_of(kSpace, last - 1) + 1 - first);
    add(more);
    json_ += '}';
  }

  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  static constexpr const char* kSpace = " \t\r\n";

  void add(std::initializer_list<std::pair<std::string_view, Entry>> entries) {
    for (const auto& [key, value] : entries)
      json_ += (json_.size() > 1 ? ",\"" : "\"") + std::string(key) + "\":" + value.json();
  }

  std::string json_ = "{";
};

}  // namespace vernier
