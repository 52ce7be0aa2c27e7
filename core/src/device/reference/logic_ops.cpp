#include <functional>

#include "device/reference/loops.h"

namespace vernier::core::reference {

namespace {

// Compared in the dtype that holds both arguments.
template <template <typename> typename Comparison>
Tensor compare(const Call& call) {
  const auto as_type = [&](size_t i) { return TensorType{call.tensor(i).dtype, call.tensor(i).shape}; };
  const DType dtype = promoted(as_type(0), as_type(1));
  if (is_floating(dtype)) return zip_as<double>(call, dtype, Comparison<double>());
  return zip_as<int64_t>(call, dtype, Comparison<int64_t>());
}

Tensor logical_and(const Call& call) {
  return zip<int64_t>(call, [](int64_t a, int64_t b) { return a & b; });
}
Tensor logical_or(const Call& call) {
  return zip<int64_t>(call, [](int64_t a, int64_t b) { return a | b; });
}
Tensor logical_not(const Call& call) {
  return map<int64_t>(call, [](int64_t x) { return x ^ 1; });
}

template <typename T>
Tensor choose(const Call& call) {
  const std::vector<int64_t> condition = spread<int64_t>(call, 0, kBool);
  const std::vector<T> a = spread<T>(call, 1, call.type.dtype), b = spread<T>(call, 2, call.type.dtype);
  std::vector<T> result(condition.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = condition[i] != 0 ? a[i] : b[i];
  return write(result, call.type);
}

Tensor where(const Call& call) {
  return is_floating(call.type.dtype) ? choose<double>(call) : choose<int64_t>(call);
}

constexpr OpRow<OpFunction> kRows[] = {
    {"equal", compare<std::equal_to>},  {"not_equal", compare<std::not_equal_to>},
    {"less", compare<std::less>},       {"less_equal", compare<std::less_equal>},
    {"greater", compare<std::greater>}, {"greater_equal", compare<std::greater_equal>},
    {"logical_and", logical_and},       {"logical_or", logical_or},
    {"logical_not", logical_not},       {"where", where}};

}  // namespace

OpFunction find_logic_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
