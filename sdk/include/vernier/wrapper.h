// Writing a wrapper: derive from Wrapper, declare in the constructor, compute in `forward` (and `prefill`,
// `decode` if it has them), or in the entries that its row names:
// `vernier::wrapper<T>("X").entry("prefill", &T::prefill)`.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "vernier/abi/wrapper.h"
#include "vernier/image_ops.h"
#include "vernier/module.h"
#include "vernier/ops.h"
#include "vernier/placement_ops.h"
#include "vernier/plugin.h"

namespace vernier {

// `T(Module&)` declares; `Value T::forward(Context&, Value...)` computes. It may also return a
// std::vector<Value>, and take one as its last argument: the inputs whose number follows from the config,
// which the manifest lists by names that end in "*".
class Wrapper {
 public:
  virtual ~Wrapper() = default;
};

namespace detail {

inline std::vector<Value> as_vector(Value one) { return {one}; }
inline std::vector<Value> as_vector(std::vector<Value> many) { return many; }

template <typename Input>
inline constexpr bool is_rest = std::is_same_v<std::decay_t<Input>, std::vector<Value>>;

// The argument at `place`: a value, or all from there on.
template <typename Input>
auto taken(const vernier_value* in, size_t place, uint64_t count) {
  if constexpr (is_rest<Input>) {
    std::vector<Value> rest;
    for (size_t i = place; i < count; ++i) rest.emplace_back(in[i]);
    return rest;
  } else {
    static_assert(std::is_same_v<std::decay_t<Input>, Value>,
                  "a forward takes (Context&, Value...), and perhaps a std::vector<Value> behind them");
    (void)count;
    return Value(in[place]);
  }
}

// How many of a forward's arguments are values, and whether the rest stands behind them.
template <typename... Inputs>
struct Taken {
  static constexpr bool has_rest = (is_rest<Inputs> || ...);
  static constexpr size_t plain = sizeof...(Inputs) - (has_rest ? 1 : 0);
};

template <typename T, typename Base, typename Result, typename... Inputs, size_t... I>
std::vector<Value> spread(T& self, Result (Base::*method)(Context&, Inputs...), Context& c,
                          const vernier_value* in, uint64_t count, std::index_sequence<I...>) {
  static_assert(((!is_rest<Inputs> || I + 1 == sizeof...(Inputs)) && ...),
                "a std::vector<Value> is a forward's last argument");
  (void)in;
  (void)count;
  return as_vector((self.*method)(c, taken<Inputs>(in, I, count)...));
}

template <typename T, typename Base, typename Result, typename... Inputs>
std::vector<Value> apply(T& self, Result (Base::*method)(Context&, Inputs...), Context& c,
                         std::string_view entry, const vernier_value* in, uint64_t count) {
  using Wanted = Taken<Inputs...>;
  if (Wanted::has_rest ? count < Wanted::plain : count != Wanted::plain) {
    throw invalid_argument(std::string(entry) + " takes " + (Wanted::has_rest ? "at least " : "") +
                           std::to_string(Wanted::plain) + " inputs, not " + std::to_string(count));
  }
  return spread(self, method, c, in, count, std::index_sequence_for<Inputs...>());
}

template <typename Base, typename Result, typename... Inputs>
constexpr bool takes_as_listed(Result (Base::*)(Context&, Inputs...), const ManifestEntry& listed) {
  return Taken<Inputs...>::plain == listed.inputs && Taken<Inputs...>::has_rest == listed.has_repeated;
}

// An entry of a wrapper: its name and the member function that computes it.
template <typename Method>
struct EntryRow {
  std::string_view name;
  Method method;
};

}  // namespace detail

// A row of the library's table. As it is, its entries are the class's `forward`, and `prefill` and `decode`
// if it has them; with `.entry()` they are those that are given, and no others.
template <typename T, typename... Methods>
struct WrapperComponent {
  std::string_view kind, name;
  std::tuple<detail::EntryRow<Methods>...> entries;

  // `method` is a `Value T::method(Context&, Value...)` or returns a std::vector<Value>. The manifest lists
  // the same entries with as many inputs, or the build fails.
  template <typename Method>
  constexpr WrapperComponent<T, Methods..., Method> entry(std::string_view entry_name, Method method) const {
    return {kind, name,
            std::tuple_cat(entries, std::make_tuple(detail::EntryRow<Method>{entry_name, method}))};
  }

  // As Component says.
  template <const auto& Components, size_t kPlace>
  constexpr const void* table_at() const;
  constexpr bool fits(const ManifestEntry* first, const ManifestEntry* last) const;
};

namespace detail {

template <typename T, typename = void>
struct HasForward : std::false_type {};
template <typename T>
struct HasForward<T, std::void_t<decltype(&T::forward)>> : std::true_type {};
template <typename T, typename = void>
struct HasPrefill : std::false_type {};
template <typename T>
struct HasPrefill<T, std::void_t<decltype(&T::prefill)>> : std::true_type {};
template <typename T, typename = void>
struct HasDecode : std::false_type {};
template <typename T>
struct HasDecode<T, std::void_t<decltype(&T::decode)>> : std::true_type {};

// The entries of a class that names none.
template <typename T>
constexpr auto own_entries() {
  constexpr auto forward = [] {
    if constexpr (HasForward<T>::value)
      return std::make_tuple(EntryRow<decltype(&T::forward)>{"forward", &T::forward});
    else
      return std::tuple<>();
  };
  constexpr auto prefill = [] {
    if constexpr (HasPrefill<T>::value)
      return std::make_tuple(EntryRow<decltype(&T::prefill)>{"prefill", &T::prefill});
    else
      return std::tuple<>();
  };
  constexpr auto decode = [] {
    if constexpr (HasDecode<T>::value)
      return std::make_tuple(EntryRow<decltype(&T::decode)>{"decode", &T::decode});
    else
      return std::tuple<>();
  };
  return std::tuple_cat(forward(), prefill(), decode());
}

template <typename T, typename... Methods>
constexpr auto entries_of(const WrapperComponent<T, Methods...>& component) {
  if constexpr (sizeof...(Methods) == 0)
    return own_entries<T>();
  else
    return component.entries;
}

template <typename T, typename... Rows>
std::vector<Value> run_entry(T& self, const std::tuple<Rows...>& rows, Context& c, std::string_view entry,
                             const vernier_value* in, uint64_t count) {
  std::vector<Value> result;
  const bool is_found = std::apply(
      [&](const auto&... row) {
        return ((row.name == entry && (result = apply(self, row.method, c, entry, in, count), true)) || ...);
      },
      rows);
  if (!is_found) throw invalid_argument("no entry " + std::string(entry));
  return result;
}

// `Components` is the library's table, `kPlace` where the wrapper stands in it.
template <const auto& Components, size_t kPlace, typename T>
struct WrapperThunks {
  static constexpr auto entries = entries_of(std::get<kPlace>(Components));

  static vernier_status create(const vernier_host*, vernier_module module, void** instance) noexcept {
    return guarded([&] {
      Module declared(module);
      *instance = new T(declared);
    });
  }
  static void destroy(void* instance) noexcept { delete static_cast<T*>(instance); }
  static vernier_status forward(void* instance, vernier_context context, vernier_string entry,
                                const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                                uint64_t capacity, uint64_t* count) noexcept {
    return guarded([&] {
      Context c(context);
      const std::vector<Value> result =
          run_entry(*static_cast<T*>(instance), entries, c, to_view(entry), inputs, input_count);
      if (result.size() > capacity)
        throw Error(VERNIER_OUT_OF_RANGE, "more outputs than the caller has room for");
      for (size_t i = 0; i < result.size(); ++i) outputs[i] = result[i].handle();
      *count = result.size();
    });
  }
  static constexpr vernier_wrapper table = {VERNIER_SIZE_UP_TO(vernier_wrapper, forward), &create, &destroy,
                                            &forward};
};

}  // namespace detail

template <typename T, typename... Methods>
template <const auto& Components, size_t kPlace>
constexpr const void* WrapperComponent<T, Methods...>::table_at() const {
  return &detail::WrapperThunks<Components, kPlace, T>::table;
}

// Each entry that the manifest lists is there with as many inputs; of those that were named no other is.
template <typename T, typename... Methods>
constexpr bool WrapperComponent<T, Methods...>::fits(const ManifestEntry* first,
                                                     const ManifestEntry* last) const {
  size_t listed = 0;
  const auto own = detail::entries_of(*this);
  for (; first != last; ++first) {
    if (first->wrapper != name) continue;
    ++listed;
    const bool is_there = std::apply(
        [&](const auto&... row) {
          return ((row.name == first->entry && detail::takes_as_listed(row.method, *first)) || ...);
        },
        own);
    if (!is_there) return false;
  }
  return sizeof...(Methods) == 0 || listed == sizeof...(Methods);
}

template <typename T>
constexpr WrapperComponent<T> wrapper(std::string_view name) {
  static_assert(std::is_base_of_v<Wrapper, T>, "a wrapper derives from vernier::Wrapper");
  return {VERNIER_WRAPPER, name, {}};
}

}  // namespace vernier
