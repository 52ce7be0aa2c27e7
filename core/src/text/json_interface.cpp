// vernier.json/1: typed reads of JSON text. Failures are ordinary here (an absent key has a default), so
// nothing is recorded; the caller words its own error.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "text/config_reads.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// The value at `pointer`, or null where there is none. Keeps the last document parsed on this thread: configs
// are read key by key.
const json* locate(vernier_string document, vernier_string pointer, vernier_status& status) {
  thread_local std::string last_text = "null";
  thread_local json last_value;
  status = VERNIER_INVALID_ARGUMENT;
  const std::string_view text = to_view(document);
  if (text != last_text) {
    json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) return nullptr;
    last_value = std::move(parsed);
    last_text = text;
  }
  try {
    const json::json_pointer where{std::string(to_view(pointer))};
    status = VERNIER_NOT_FOUND;
    if (!last_value.contains(where)) return nullptr;
    const json& found = last_value.at(where);
    if (found.is_null()) return nullptr;
    status = VERNIER_OK;
    return &found;
  } catch (const json::exception&) {
    return nullptr;  // not a pointer, or an index into something that is no array
  }
}

template <typename Accept>
vernier_status read(vernier_string document, vernier_string pointer, const void* result,
                    Accept&& accept) noexcept {
  try {
    if (result == nullptr || (document.data == nullptr && document.length > 0) ||
        (pointer.data == nullptr && pointer.length > 0))
      return VERNIER_INVALID_ARGUMENT;
    if (ConfigReads* reads = ConfigReads::current()) reads->read(to_view(document), to_view(pointer));
    vernier_status status = VERNIER_OK;
    const json* found = locate(document, pointer, status);
    if (found == nullptr) return status;
    return accept(*found) ? VERNIER_OK : VERNIER_INVALID_ARGUMENT;
  } catch (...) {
    return VERNIER_INTERNAL;
  }
}

vernier_status integer(void*, vernier_string document, vernier_string pointer, int64_t* result) {
  return read(document, pointer, result, [&](const json& value) {
    if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return false;
    if (value.is_number_integer()) {
      *result = value.get<int64_t>();
      return true;
    }
    if (!value.is_number_float()) return false;
    const double number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > 9007199254740992.0) return false;
    *result = static_cast<int64_t>(number);
    return true;
  });
}

vernier_status number(void*, vernier_string document, vernier_string pointer, double* result) {
  return read(document, pointer, result, [&](const json& value) {
    if (value.is_number()) *result = value.get<double>();
    return value.is_number();
  });
}

vernier_status boolean(void*, vernier_string document, vernier_string pointer, int32_t* result) {
  return read(document, pointer, result, [&](const json& value) {
    if (value.is_boolean()) *result = value.get<bool>() ? 1 : 0;
    return value.is_boolean();
  });
}

thread_local std::string handed_out;  // what `text` and `dump` point into

vernier_status text(void*, vernier_string document, vernier_string pointer, vernier_string* result) {
  return read(document, pointer, result, [&](const json& value) {
    if (!value.is_string()) return false;
    handed_out = value.get<std::string>();
    *result = to_abi(handed_out);
    return true;
  });
}

vernier_status dump(void*, vernier_string document, vernier_string pointer, vernier_string* result) {
  return read(document, pointer, result, [&](const json& value) {
    handed_out = value.dump();
    *result = to_abi(handed_out);
    ConfigReads* reads = ConfigReads::current();
    if (reads != nullptr && value.is_structured())
      reads->dumped(to_view(document), to_view(pointer), handed_out);
    return true;
  });
}

vernier_status count(void*, vernier_string document, vernier_string pointer, uint64_t* result) {
  return read(document, pointer, result, [&](const json& value) {
    if (value.is_structured()) *result = value.size();
    return value.is_structured();
  });
}

}  // namespace

const vernier_json_interface* json_interface() {
  static const vernier_json_interface table = {
      VERNIER_SIZE_UP_TO(vernier_json_interface, count), &integer, &number, &boolean, &text, &dump, &count};
  return &table;
}

}  // namespace vernier::core
