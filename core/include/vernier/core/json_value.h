// A JSON value whose type headers need not know: they include the forward declaration only, which takes a
// compiler a tenth of the time of nlohmann/json.hpp. Who looks inside includes the latter.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

namespace vernier::core {

// Behaves as a value: copying it copies the whole JSON. A moved-from JsonValue may only be assigned to or
// destroyed.
class JsonValue {
 public:
  JsonValue();  // null
  JsonValue(const nlohmann::json& value);
  JsonValue(nlohmann::json&& value);
  JsonValue(const JsonValue& other);
  JsonValue(JsonValue&& other) noexcept;
  JsonValue& operator=(const JsonValue& other);
  JsonValue& operator=(JsonValue&& other) noexcept;
  ~JsonValue();

  static JsonValue object();  // {}
  static JsonValue array();   // []

  nlohmann::json& operator*() { return *value_; }
  const nlohmann::json& operator*() const { return *value_; }
  nlohmann::json* operator->() { return value_.get(); }
  const nlohmann::json* operator->() const { return value_.get(); }
  // As an argument of a function that reads JSON.
  operator const nlohmann::json&() const { return *value_; }

 private:
  std::unique_ptr<nlohmann::json> value_;
};

}  // namespace vernier::core
