// Typed reads of a JSON document: a module's config or a component's options. Paths are RFC 6901 pointers
// ("/vision/hidden_size").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vernier/abi/json.h"
#include "vernier/host.h"

namespace vernier {

class Options {
 public:
  Options() : json_("{}") {}
  explicit Options(std::string json) : json_(std::move(json)) {}

  [[nodiscard]] const std::string& json() const { return json_; }

  // Without a fallback a missing value is an error that names the pointer. A value of another type is an
  // error always.
  [[nodiscard]] int64_t integer(std::string_view pointer) const {
    return read<int64_t>(pointer, table().integer);
  }
  [[nodiscard]] int64_t integer(std::string_view pointer, int64_t fallback) const {
    return has(pointer) ? integer(pointer) : fallback;
  }
  [[nodiscard]] double number(std::string_view pointer) const {
    return read<double>(pointer, table().number);
  }
  [[nodiscard]] double number(std::string_view pointer, double fallback) const {
    return has(pointer) ? number(pointer) : fallback;
  }
  [[nodiscard]] bool boolean(std::string_view pointer) const {
    return read<int32_t>(pointer, table().boolean) != 0;
  }
  [[nodiscard]] bool boolean(std::string_view pointer, bool fallback) const {
    return has(pointer) ? boolean(pointer) : fallback;
  }
  [[nodiscard]] std::string text(std::string_view pointer) const {
    return std::string(to_view(read<vernier_string>(pointer, table().text)));
  }
  [[nodiscard]] std::string text(std::string_view pointer, std::string_view fallback) const {
    return has(pointer) ? text(pointer) : std::string(fallback);
  }
  // The value at `pointer` as a document of its own.
  [[nodiscard]] Options at(std::string_view pointer) const {
    return Options(std::string(to_view(read<vernier_string>(pointer, table().dump))));
  }
  // Elements of an array, members of an object.
  [[nodiscard]] uint64_t count(std::string_view pointer) const {
    return read<uint64_t>(pointer, table().count);
  }
  // True where the pointer names something that is not null.
  [[nodiscard]] bool has(std::string_view pointer) const {
    vernier_string ignored{};
    return table().dump(host_context(), to_abi(json_), to_abi(pointer), &ignored) == VERNIER_OK;
  }

 private:
  static const vernier_json_interface& table() {
    static const auto& found = interface<vernier_json_interface>(VERNIER_JSON);
    return found;
  }
  template <typename T, typename Function>
  [[nodiscard]] T read(std::string_view pointer, Function function) const {
    T result{};
    const vernier_status status = function(host_context(), to_abi(json_), to_abi(pointer), &result);
    if (status == VERNIER_NOT_FOUND) throw Error(status, "the config has no " + std::string(pointer));
    if (status != VERNIER_OK)
      throw Error(status, "the config value " + std::string(pointer) + " has the wrong type");
    return result;
  }

  std::string json_;
};

}  // namespace vernier
