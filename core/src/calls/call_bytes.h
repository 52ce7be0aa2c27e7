// Calls as bytes: fields one after the other, in the byte order of the machine, lengths before lists. Both
// ends are of one version and on one machine (calls/message.h holds them to it), so there is nothing to
// extend, and each byte is read once: no list can be longer than the bytes that are left for it.
#pragma once

#include <concepts>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "calls/recorded_calls.h"

namespace vernier::core {

template <typename T, typename Wanted>
concept Constable = std::same_as<std::remove_const_t<T>, Wanted>;

// What each thing consists of; `each` is a CallWriter, or a CallReader that fills it.
void fields(auto& each, Constable<SiteCall> auto& c) {
  each(c.name, c.role, c.dtype, c.scheme, c.granularity, c.axis, c.observer, c.low, c.high, c.has_range,
       c.block);
}
void fields(auto& each, Constable<ParameterCall> auto& c) {
  each(c.name, c.shape, c.site, c.fill, c.flags, c.tensor, c.alias, c.axis, c.begin, c.end);
}
void fields(auto& each, Constable<ModuleCall> auto& c) { each(c.name, c.type, c.config); }
void fields(auto& each, Constable<ScalarCall> auto& c) { each(c.name); }
void fields(auto& each, Constable<TieCall> auto& c) { each(c.site, c.path); }
void fields(auto& each, Constable<QuantizeCall> auto& c) { each(c.site, c.x, c.where); }
void fields(auto& each, Constable<WeightCall> auto& c) { each(c.parameter); }
void fields(auto& each, Constable<TableCall> auto& c) { each(c.name, c.dtype, c.shape, c.offset); }
void fields(auto& each, Constable<OpCall> auto& c) { each(c.op, c.arguments, c.results); }
void fields(auto& each, Constable<ForwardCall> auto& c) { each(c.module, c.entry, c.inputs); }
void fields(auto& each, Constable<LogCall> auto& c) { each(c.level, c.plugin, c.text); }
void fields(auto& each, Constable<EndCall> auto& c) { each(c.outputs); }
void fields(auto& each, Constable<DType> auto& c) { each(c.code, c.bits); }
void fields(auto& each, Constable<TensorType> auto& c) { each(c.dtype, c.shape); }
void fields(auto& each, Constable<Diagnostic> auto& c) { each(c.what, c.where, c.hint); }

class CallWriter {
 public:
  explicit CallWriter(std::vector<std::byte>& to) : to_(to) {}

  template <typename... T>
  void operator()(const T&... things) {
    (put(things), ...);
  }

 private:
  template <typename T>
  void put(const T& thing) {
    if constexpr (std::is_arithmetic_v<T>)
      raw(&thing, sizeof(T));
    else
      fields(*this, thing);
  }
  void put(const std::string& text) {
    put(static_cast<uint32_t>(text.size()));
    raw(text.data(), text.size());
  }
  void put(std::monostate) {}
  template <typename T>
  void put(const std::vector<T>& list) {
    put(static_cast<uint32_t>(list.size()));
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>)
      return raw(list.data(), list.size() * sizeof(T));
    else
      for (const T& one : list) put(one);
  }
  template <typename T>
  void put(const std::optional<T>& maybe) {
    put(static_cast<uint8_t>(maybe.has_value()));
    if (maybe) put(*maybe);
  }
  template <typename... T>
  void put(const std::variant<T...>& one) {
    put(static_cast<uint8_t>(one.index()));
    std::visit([this](const auto& thing) { this->put(thing); }, one);
  }
  void raw(const void* bytes, size_t count) {
    const auto* begin = static_cast<const std::byte*>(bytes);
    to_.insert(to_.end(), begin, begin + count);
  }

  std::vector<std::byte>& to_;
};

// Reads what a CallWriter wrote, or anything else. Throws Error (kPlugin) where a thing would go on behind
// the end, or is none.
class CallReader {
 public:
  explicit CallReader(std::span<const std::byte> bytes) : all_(bytes), left_(bytes) {}

  template <typename... T>
  void operator()(T&... things) {
    (get(things), ...);
  }
  template <typename T>
  [[nodiscard]] T next() {
    T thing{};
    get(thing);
    return thing;
  }
  [[nodiscard]] bool done() const { return left_.empty(); }
  [[nodiscard]] size_t place() const { return all_.size() - left_.size(); }
  [[noreturn]] void refuse(const char* what) const;

 private:
  template <typename T>
  void get(T& thing) {
    if constexpr (std::is_arithmetic_v<T>)
      std::memcpy(&thing, take(sizeof(T)).data(), sizeof(T));
    else
      fields(*this, thing);
  }
  void get(std::string& text) {
    const auto bytes = take(next<uint32_t>());
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void get(std::monostate&) {}
  template <typename T>
  void get(std::vector<T>& list) {
    const auto count = next<uint32_t>();
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>) {
      const auto bytes = take(uint64_t{count} * sizeof(T));
      list.resize(count);
      if (count > 0) std::memcpy(list.data(), bytes.data(), bytes.size());
    } else {
      if (count > left_.size()) refuse("a list is longer than what is left");
      list.clear();
      for (uint32_t i = 0; i < count; ++i) list.push_back(next<T>());
    }
  }
  template <typename T>
  void get(std::optional<T>& maybe) {
    maybe.reset();
    if (flag()) get(maybe.emplace());
  }
  template <typename... T>
  void get(std::variant<T...>& one) {
    choose(one, next<uint8_t>(), std::index_sequence_for<T...>());
  }
  template <typename Variant, size_t... I>
  void choose(Variant& one, size_t index, std::index_sequence<I...>) {
    const bool is_one = ((index == I && (get(one.template emplace<I>()), true)) || ...);
    if (!is_one) refuse("something of no known kind");
  }
  bool flag() {
    const auto value = next<uint8_t>();
    if (value > 1) refuse("a flag that is neither 0 nor 1");
    return value == 1;
  }
  std::span<const std::byte> take(uint64_t count) {
    if (count > left_.size()) refuse("it ends too early");
    const auto bytes = left_.first(static_cast<size_t>(count));
    left_ = left_.subspan(static_cast<size_t>(count));
    return bytes;
  }

  std::span<const std::byte> all_;
  std::span<const std::byte> left_;
};

}  // namespace vernier::core
