// Graphs of one op, the numbers that it makes, and the operators that each format has for it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::test {

using Numbers = std::vector<double>;

struct OpOperand {
  std::string name;
  DType dtype;
  core::Shape shape;
  Numbers values;
};

struct OpCase {
  std::string name;
  nlohmann::json config;  // of the fixture one_op, without the sites
  std::vector<OpOperand> operands;
  DType result;
  std::function<Numbers(const std::vector<Numbers>&)> numbers;
  // Of each file with activations of uint8; apart from QuantizeLinear and DequantizeLinear.
  std::vector<std::string> circle, tflite, onnx;
};

inline void PrintTo(const OpCase& one, std::ostream* out) { *out << one.name; }

inline OpOperand reals(const std::string& name, core::Shape shape, Numbers values) {
  return {name, kFloat32, std::move(shape), std::move(values)};
}
// On the grid of eighths as uint8: -16 to 15.875.
inline OpOperand eighths(const std::string& name) {
  return reals(name, {2, 4}, {-16, 15.875, -3.25, 0, 0.5, 7.75, -0.125, 2});
}
// On the grid of sixteenths.
inline OpOperand sixteenths(const std::string& name) {
  return reals(name, {2, 4}, {7.9375, -8, -3.25, 0.0625, 0.5, 7.75, -0.1875, -2});
}
// The grid of eighths again, other numbers.
inline OpOperand other_eighths(const std::string& name) {
  return reals(name, {2, 4}, {15.875, -16, -3.25, 0.25, 0.5, 7.5, -0.125, 3});
}
inline OpOperand positive(const std::string& name) {
  return reals(name, {2, 4}, {0.25, 0.5, 1, 1.5, 2, 3, 4, 0.75});
}
inline OpOperand integers(const std::string& name, DType dtype, Numbers values) {
  const auto count = static_cast<int64_t>(values.size());
  return {name, dtype, {2, count / 2}, std::move(values)};
}

inline std::function<Numbers(const std::vector<Numbers>&)> each(double (*f)(double)) {
  return [f](const std::vector<Numbers>& x) {
    Numbers result;
    for (double one : x.at(0)) result.push_back(f(one));
    return result;
  };
}
inline std::function<Numbers(const std::vector<Numbers>&)> pairs(double (*f)(double, double)) {
  return [f](const std::vector<Numbers>& x) {
    Numbers result;
    for (size_t i = 0; i < x.at(0).size(); ++i) result.push_back(f(x[0][i], x.at(1)[i]));
    return result;
  };
}
// Of a [2, n] operand: each row to one number.
inline std::function<Numbers(const std::vector<Numbers>&)> rows(double (*f)(const Numbers&)) {
  return [f](const std::vector<Numbers>& x) {
    const auto middle = x.at(0).begin() + static_cast<std::ptrdiff_t>(x[0].size() / 2);
    return Numbers{f(Numbers(x[0].begin(), middle)), f(Numbers(middle, x[0].end()))};
  };
}
inline Numbers choose(const std::vector<Numbers>& x) {
  Numbers result;
  for (size_t i = 0; i < x.at(0).size(); ++i) result.push_back(x[0][i] != 0 ? x.at(1)[i] : x.at(2)[i]);
  return result;
}
inline Numbers prefix_sums(const std::vector<Numbers>& x) {
  Numbers result = x.at(0);
  for (size_t i = 0; i < result.size(); ++i) {
    if (i % 4 != 0) result[i] += result[i - 1];
  }
  return result;
}
inline double greatest(const Numbers& x) { return *std::max_element(x.begin(), x.end()); }
inline double least(const Numbers& x) { return *std::min_element(x.begin(), x.end()); }
inline double total(const Numbers& x) { return std::accumulate(x.begin(), x.end(), 0.0); }
inline double place_of_greatest(const Numbers& x) {
  return static_cast<double>(std::max_element(x.begin(), x.end()) - x.begin());
}

using Names = std::vector<std::string>;

inline std::vector<OpCase> real_cases() {
  const auto in_float = [](const char* name) { return Names{"DEQUANTIZE", name, "QUANTIZE"}; };
  const auto made = [&](const char* op, OpOperand x, double (*f)(double), const char* circle,
                        const char* onnx) {
    return OpCase{op,      {{"op", op}},     {std::move(x)},   kFloat32,
                  each(f), in_float(circle), in_float(circle), {onnx}};
  };
  std::vector<OpCase> cases = {
      made(
          "cos", eighths("x"), [](double x) { return std::cos(x); }, "COS", "Cos"),
      made(
          "sin", eighths("x"), [](double x) { return std::sin(x); }, "SIN", "Sin"),
      made(
          "exp", positive("x"), [](double x) { return std::exp(x); }, "EXP", "Exp"),
      made(
          "log", positive("x"), [](double x) { return std::log(x); }, "LOG", "Log"),
      made(
          "floor", eighths("x"), [](double x) { return std::floor(x); }, "FLOOR", "Floor")};
  cases.push_back({"cumsum",
                   {{"op", "cumsum"}, {"axis", -1}},
                   {eighths("x")},
                   kFloat32,
                   prefix_sums,
                   in_float("CUMSUM"),
                   in_float("CUMSUM"),
                   {"CumSum"}});
  const auto power = [](double a, double b) { return std::pow(a, b); };
  cases.push_back({"pow",
                   {{"op", "pow"}},
                   {positive("a"), positive("b")},
                   kFloat32,
                   pairs(power),
                   {"DEQUANTIZE", "DEQUANTIZE", "POW", "QUANTIZE"},
                   {"DEQUANTIZE", "DEQUANTIZE", "POW", "QUANTIZE"},
                   {"Pow"}});
  const auto magnitude = [](double x) { return std::abs(x); };
  cases.push_back(
      {"abs", {{"op", "abs"}}, {eighths("x")}, kFloat32, each(magnitude), {"ABS"}, {"ABS"}, {"Abs"}});
  const auto product = [](double x) { return x * x; };
  cases.push_back(
      {"square", {{"op", "square"}}, {eighths("x")}, kFloat32, each(product), {"MUL"}, {"MUL"}, {"Mul"}});
  return cases;
}

inline std::vector<OpCase> choice_cases() {
  const auto greater = [](double a, double b) { return std::max(a, b); };
  const auto lesser = [](double a, double b) { return std::min(a, b); };
  const auto regridded = [](const char* name) { return Names{"QUANTIZE", "QUANTIZE", name}; };
  return {{"maximum",
           {{"op", "maximum"}},
           {eighths("a"), sixteenths("b")},
           kFloat32,
           pairs(greater),
           regridded("MAXIMUM"),
           regridded("MAXIMUM"),
           {"Max"}},
          {"minimum",
           {{"op", "minimum"}},
           {eighths("a"), sixteenths("b")},
           kFloat32,
           pairs(lesser),
           regridded("MINIMUM"),
           regridded("MINIMUM"),
           {"Min"}},
          {"maximum_of_integers",
           {{"op", "maximum"}},
           {integers("a", kInt64, {3, -4, 5, 9000000000}), integers("b", kInt64, {2, -3, 5, -1})},
           kInt64,
           pairs(greater),
           {"MAXIMUM"},
           {"MAXIMUM"},
           {"Max"}},
          {"where",
           {{"op", "where"}},
           {integers("condition", kBool, {1, 0, 0, 1, 1, 0, 1, 0}), eighths("a"), sixteenths("b")},
           kFloat32,
           choose,
           regridded("SELECT_V2"),
           regridded("SELECT_V2"),
           {"Where"}},
          {"where_of_integers",
           {{"op", "where"}},
           {integers("condition", kBool, {1, 0, 0, 1}), integers("a", kInt64, {1, 2, 3, 4}),
            integers("b", kInt64, {-1, -2, -3, -4})},
           kInt64,
           choose,
           {"SELECT_V2"},
           {"SELECT_V2"},
           {"Where"}}};
}

inline std::vector<OpCase> truth_cases() {
  struct Row {
    const char* op;
    double (*f)(double, double);
    const char* circle;
    Names onnx;
  };
  const Row orders[] = {
      {"equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }, "EQUAL", {"Equal"}},
      {"not_equal", [](double a, double b) { return a != b ? 1.0 : 0.0; }, "NOT_EQUAL", {"Equal", "Not"}},
      {"less", [](double a, double b) { return a < b ? 1.0 : 0.0; }, "LESS", {"Less"}},
      {"less_equal", [](double a, double b) { return a <= b ? 1.0 : 0.0; }, "LESS_EQUAL", {"LessOrEqual"}},
      {"greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }, "GREATER", {"Greater"}},
      {"greater_equal",
       [](double a, double b) { return a >= b ? 1.0 : 0.0; },
       "GREATER_EQUAL",
       {"GreaterOrEqual"}}};
  std::vector<OpCase> cases;
  for (const Row& row : orders) {
    const std::string op = row.op;
    const nlohmann::json config = {{"op", op}};
    cases.push_back({op,
                     config,
                     {eighths("a"), sixteenths("b")},
                     kBool,
                     pairs(row.f),
                     {row.circle},
                     {"DEQUANTIZE", "DEQUANTIZE", row.circle},
                     row.onnx});
    cases.push_back({op + "_of_one_grid",
                     config,
                     {eighths("a"), other_eighths("b")},
                     kBool,
                     pairs(row.f),
                     {row.circle},
                     {row.circle},
                     row.onnx});
    cases.push_back({op + "_of_integers",
                     config,
                     {integers("a", kInt32, {1, 2, 3, -4}), integers("b", kInt32, {1, 3, 2, -4})},
                     kBool,
                     pairs(row.f),
                     {row.circle},
                     {row.circle},
                     row.onnx});
  }
  return cases;
}

inline std::vector<OpCase> bool_cases() {
  std::vector<OpCase> cases;
  const OpOperand a = integers("a", kBool, {0, 0, 1, 1}), b = integers("b", kBool, {0, 1, 0, 1});
  const auto both = [](double p, double q) { return p * q; };
  const auto some = [](double p, double q) { return std::max(p, q); };
  const auto other = [](double p) { return 1 - p; };
  cases.push_back({"logical_and",
                   {{"op", "logical_and"}},
                   {a, b},
                   kBool,
                   pairs(both),
                   {"LOGICAL_AND"},
                   {"LOGICAL_AND"},
                   {"And"}});
  cases.push_back({"logical_or",
                   {{"op", "logical_or"}},
                   {a, b},
                   kBool,
                   pairs(some),
                   {"LOGICAL_OR"},
                   {"LOGICAL_OR"},
                   {"Or"}});
  cases.push_back({"logical_not",
                   {{"op", "logical_not"}},
                   {integers("x", kBool, {0, 0, 1, 1})},
                   kBool,
                   each(other),
                   {"LOGICAL_NOT"},
                   {"LOGICAL_NOT"},
                   {"Not"}});
  return cases;
}

inline std::vector<OpCase> reduction_cases() {
  const auto reduced = [](const char* op, std::vector<int> axes, bool keep) {
    return nlohmann::json{{"op", op}, {"axes", std::move(axes)}, {"keep_dims", keep}};
  };
  const auto overall = [](double (*f)(const Numbers&)) {
    return [f](const std::vector<Numbers>& x) { return Numbers{f(x.at(0))}; };
  };
  return {{"sum",
           reduced("sum", {1}, false),
           {eighths("x")},
           kFloat32,
           rows(total),
           {"SUM"},
           {"DEQUANTIZE", "SUM", "QUANTIZE"},
           {"ReduceSum"}},
          {"sum_of_all",
           reduced("sum", {}, true),
           {eighths("x")},
           kFloat32,
           overall(total),
           {"SUM"},
           {"DEQUANTIZE", "SUM", "QUANTIZE"},
           {"ReduceSum"}},
          {"mean_of_all",
           reduced("mean", {}, false),
           {eighths("x")},
           kFloat32,
           [](const std::vector<Numbers>& x) { return Numbers{total(x.at(0)) / 8}; },
           {"MEAN"},
           {"MEAN"},
           {"ReduceMean"}},
          {"max",
           reduced("max", {-1}, true),
           {eighths("x")},
           kFloat32,
           rows(greatest),
           {"REDUCE_MAX", "QUANTIZE"},
           {"REDUCE_MAX", "QUANTIZE"},
           {"ReduceMax"}},
          {"min",
           reduced("min", {-1}, false),
           {eighths("x")},
           kFloat32,
           rows(least),
           {"REDUCE_MIN", "QUANTIZE"},
           {"REDUCE_MIN", "QUANTIZE"},
           {"ReduceMin"}}};
}

inline std::vector<OpCase> pick_cases() {
  const auto reduced = [](const char* op, std::vector<int> axes, bool keep) {
    return nlohmann::json{{"op", op}, {"axes", std::move(axes)}, {"keep_dims", keep}};
  };
  const OpOperand counted = integers("x", kInt64, {4, 9000000000, -7, 2, 5, 5});
  const auto least_of_all = [](const std::vector<Numbers>& x) { return Numbers{least(x.at(0))}; };
  return {{"max_of_integers",
           reduced("max", {1}, false),
           {counted},
           kInt64,
           rows(greatest),
           {"REDUCE_MAX"},
           {"REDUCE_MAX"},
           {"ReduceMax"}},
          {"min_of_all_integers",
           reduced("min", {}, false),
           {counted},
           kInt64,
           least_of_all,
           {"REDUCE_MIN"},
           {"REDUCE_MIN"},
           {"ReduceMin"}},
          {"argmax",
           {{"op", "argmax"}, {"axis", -1}},
           {eighths("x")},
           kInt64,
           rows(place_of_greatest),
           {"ARG_MAX"},
           {"ARG_MAX"},
           {"ArgMax"}},
          {"argmax_of_integers",
           {{"op", "argmax"}, {"axis", 1}},
           {counted},
           kInt64,
           rows(place_of_greatest),
           {"ARG_MAX"},
           {"ARG_MAX"},
           {"ArgMax"}}};
}

// What ONNX alone has.
inline std::vector<OpCase> onnx_cases() {
  const auto error_function = [](double x) { return std::erf(x); };
  const auto soft = [](double x) { return std::log1p(std::exp(x)); };
  return {{"erf", {{"op", "erf"}}, {eighths("x")}, kFloat32, each(error_function), {}, {}, {"Erf"}},
          {"softplus", {{"op", "softplus"}}, {eighths("x")}, kFloat32, each(soft), {}, {}, {"Softplus"}}};
}

inline std::vector<OpCase> op_cases() {
  std::vector<OpCase> all;
  for (const auto& group :
       {real_cases(), choice_cases(), truth_cases(), bool_cases(), reduction_cases(), pick_cases()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace vernier::test
