#include "circle/options.h"

#include <flatbuffers/minireflect.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

// The generated reflection does not know defaults; these are the ones that are not zero.
struct Default {
  std::string_view field;
  int value;
};
constexpr std::array kDefaults = {Default{"dilation_w_factor", 1}, Default{"dilation_h_factor", 1},
                                  Default{"dilation_d_factor", 1}};

json default_of(std::string_view field, flatbuffers::ElementaryType type, bool is_vector,
                const flatbuffers::TypeTable* enumeration) {
  if (is_vector) return json::array();
  if (type == flatbuffers::ET_STRING) return "";
  if (type == flatbuffers::ET_BOOL) return field == "pot_scale_int16";
  if (enumeration != nullptr) {
    const char* name = flatbuffers::EnumName(0, enumeration);
    return name == nullptr ? json(0) : json(name);
  }
  if (type == flatbuffers::ET_FLOAT || type == flatbuffers::ET_DOUBLE) return 0.0;
  for (const Default& entry : kDefaults) {
    if (entry.field == field) return entry.value;
  }
  return 0;
}

class JsonVisitor : public flatbuffers::IterationVisitor {
 public:
  explicit JsonVisitor(const std::function<void(uint64_t)>& charge) : charge_(charge) {}

  json result = json::object();

  void Field(size_t, size_t, flatbuffers::ElementaryType type, bool is_vector,
             const flatbuffers::TypeTable* enumeration, const char* name, const uint8_t* value) override {
    if (value == nullptr) {
      result[name] = default_of(name, type, is_vector, enumeration);
    } else {
      field_ = &result[name];
    }
  }
  void StartVector() override { *field_ = json::array(); }
  void Bool(bool value) override { put(value); }
  void Char(int8_t value, const char* name) override { put(value, name); }
  void UChar(uint8_t value, const char* name) override { put(value, name); }
  void Short(int16_t value, const char* name) override { put(value, name); }
  void UShort(uint16_t value, const char* name) override { put(value, name); }
  void Int(int32_t value, const char* name) override { put(value, name); }
  void UInt(uint32_t value, const char* name) override { put(value, name); }
  void Long(int64_t value) override { put(value); }
  void ULong(uint64_t value) override { put(value); }
  void Float(float value) override { put(value); }
  void Double(double value) override { put(value); }
  void String(const flatbuffers::String* value) override {
    charge_(value->size());
    put(utf8_text(value, "a text of an operator's options"));
  }

 private:
  void put(json value, const char* name = nullptr) {
    charge_(sizeof(json));
    if (name != nullptr) value = name;
    if (field_->is_array()) {
      field_->push_back(std::move(value));
    } else {
      *field_ = std::move(value);
    }
  }

  const std::function<void(uint64_t)>& charge_;
  json* field_ = nullptr;
};

// The options' own table type, or null where the member is none that we know.
const flatbuffers::TypeTable* member_table(uint8_t member, const flatbuffers::TypeTable* members) {
  const int64_t index = flatbuffers::LookupEnum(member, members->values, members->num_elems);
  if (member == 0 || index < 0 || index >= static_cast<int64_t>(members->num_elems)) return nullptr;
  const flatbuffers::TypeCode code = members->type_codes[index];
  return code.sequence_ref < 0 ? nullptr : members->type_refs[code.sequence_ref]();
}

}  // namespace

json circle_options(const circle::Operator& op, const std::function<void(uint64_t)>& charge) {
  JsonVisitor visitor(charge);
  const auto add = [&](const void* table, const flatbuffers::TypeTable* type) {
    if (table != nullptr && type != nullptr)
      flatbuffers::IterateObject(static_cast<const uint8_t*>(table), type, &visitor);
  };
  add(op.builtin_options(),
      member_table(static_cast<uint8_t>(op.builtin_options_type()), circle::BuiltinOptionsTypeTable()));
  add(op.builtin_options_2(),
      member_table(static_cast<uint8_t>(op.builtin_options_2_type()), circle::BuiltinOptions2TypeTable()));
  return std::move(visitor.result);
}

std::string utf8_text(const flatbuffers::String* text, const char* what) {
  if (text == nullptr) return {};
  std::string result = text->str();
  const std::string padded = result + std::string(8, '\0');  // FromUTF8 looks ahead
  const char* end = padded.data() + result.size();
  for (const char* at = padded.data(); at < end;) {
    if (flatbuffers::FromUTF8(&at) < 0 || at > end) {
      throw data_error(std::string(what) + " is not UTF-8: " + in_quotes(result), {},
                       "write the file anew with a tool that keeps FlatBuffers' rules");
    }
  }
  return result;
}

}  // namespace vernier::core
