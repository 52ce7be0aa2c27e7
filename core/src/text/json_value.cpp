#include "vernier/core/json_value.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace vernier::core {

JsonValue::JsonValue() : value_(std::make_unique<nlohmann::json>()) {}
JsonValue::JsonValue(const nlohmann::json& value) : value_(std::make_unique<nlohmann::json>(value)) {}
JsonValue::JsonValue(nlohmann::json&& value) : value_(std::make_unique<nlohmann::json>(std::move(value))) {}
JsonValue::JsonValue(const JsonValue& other) : JsonValue(*other) {}
JsonValue::JsonValue(JsonValue&& other) noexcept = default;
JsonValue::~JsonValue() = default;

JsonValue& JsonValue::operator=(const JsonValue& other) {
  if (this != &other) value_ = std::make_unique<nlohmann::json>(*other);
  return *this;
}

JsonValue& JsonValue::operator=(JsonValue&& other) noexcept = default;

JsonValue JsonValue::object() { return JsonValue(nlohmann::json::object()); }
JsonValue JsonValue::array() { return JsonValue(nlohmann::json::array()); }

}  // namespace vernier::core
