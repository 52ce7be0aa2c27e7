// Writing a wrapper: derive from Wrapper, declare in the constructor, compute in `forward` (and `prefill`,
// `decode` if it has them).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
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
// std::vector<Value>.
class Wrapper {
 public:
  virtual ~Wrapper() = default;
};

namespace detail {

inline std::vector<Value> as_vector(Value one) { return {one}; }
inline std::vector<Value> as_vector(std::vector<Value> many) { return many; }

template <typename T, typename Result, typename... Inputs, size_t... I>
std::vector<Value> spread(T& self, Result (T::*method)(Context&, Inputs...), Context& c,
                          const vernier_value* in, std::index_sequence<I...>) {
  static_assert((std::is_same_v<std::decay_t<Inputs>, Value> && ...), "a forward takes (Context&, Value...)");
  (void)in;
  return as_vector((self.*method)(c, Value(in[I])...));
}

template <typename T, typename Result, typename... Inputs>
std::vector<Value> apply(T& self, Result (T::*method)(Context&, Inputs...), Context& c,
                         std::string_view entry, const vernier_value* in, uint64_t count) {
  if (count != sizeof...(Inputs)) {
    throw invalid_argument(std::string(entry) + " takes " + std::to_string(sizeof...(Inputs)) +
                           " inputs, not " + std::to_string(count));
  }
  return spread(self, method, c, in, std::index_sequence_for<Inputs...>());
}

template <typename T, typename = void>
struct HasPrefill : std::false_type {};
template <typename T>
struct HasPrefill<T, std::void_t<decltype(&T::prefill)>> : std::true_type {};
template <typename T, typename = void>
struct HasDecode : std::false_type {};
template <typename T>
struct HasDecode<T, std::void_t<decltype(&T::decode)>> : std::true_type {};

template <typename T>
std::vector<Value> run_entry(T& self, Context& c, std::string_view entry, const vernier_value* in,
                             uint64_t count) {
  if (entry == "forward") return apply(self, &T::forward, c, entry, in, count);
  if constexpr (HasPrefill<T>::value) {
    if (entry == "prefill") return apply(self, &T::prefill, c, entry, in, count);
  }
  if constexpr (HasDecode<T>::value) {
    if (entry == "decode") return apply(self, &T::decode, c, entry, in, count);
  }
  throw invalid_argument("no entry " + std::string(entry));
}

template <typename T>
struct WrapperThunks {
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
          run_entry(*static_cast<T*>(instance), c, to_view(entry), inputs, input_count);
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

template <typename T>
constexpr Component wrapper(std::string_view name) {
  static_assert(std::is_base_of_v<Wrapper, T>, "a wrapper derives from vernier::Wrapper");
  return {VERNIER_WRAPPER, name, &detail::WrapperThunks<T>::table};
}

}  // namespace vernier
