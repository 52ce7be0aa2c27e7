// Modules whose outputs are ops of the config's "ops", each between quantized operands and a quantized result
// at the site of its name.
#include <vernier/wrapper.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

namespace ops = vernier::ops;
using vernier::Context;
using vernier::Value;

template <typename Function>
const Function& find(const std::map<std::string, Function>& table, const std::string& op) {
  const auto found = table.find(op);
  if (found == table.end()) throw vernier::invalid_argument("no op " + op);
  return found->second;
}

struct Op {
  std::string name;
  vernier::Site out;
};

std::vector<Op> ops_of(vernier::Module& m) {
  std::vector<Op> result;
  for (uint64_t i = 0; i < m.config().count("/ops"); ++i) {
    const std::string name = m.config().text("/ops/" + std::to_string(i));
    result.push_back({name, m.site("out_" + name)});
  }
  return result;
}

}  // namespace

// Operand [batch, rows, 32].
class Unary : public vernier::Wrapper {
 public:
  explicit Unary(vernier::Module& m)
      : gamma_(m.filled("gamma", {32}, 1.25, vernier::per_tensor())), in_(m.site("in")), ops_(ops_of(m)) {}

  std::vector<Value> forward(Context& c, Value x) {
    static const std::map<std::string, std::function<Value(Context&, Value)>> table = {
        {"neg", ops::neg},
        {"sqrt", ops::sqrt},
        {"rsqrt", ops::rsqrt},
        {"sigmoid", ops::sigmoid},
        {"tanh", ops::tanh},
        {"relu", ops::relu},
        {"silu", ops::silu},
        {"gelu", [](Context& c, Value x) { return ops::gelu(c, x, "none"); }},
        {"gelu_tanh", [](Context& c, Value x) { return ops::gelu(c, x, "tanh"); }},
        {"softmax", [](Context& c, Value x) { return ops::softmax(c, x, -1); }},
        {"mean", [](Context& c, Value x) { return ops::mean(c, x, {-1}, true); }},
        {"mean_rows", [](Context& c, Value x) { return ops::mean(c, x, {1}, false); }},
        {"relu6", [](Context& c, Value x) { return ops::clamp(c, x, 0, 6); }},
        {"clamp", [](Context& c, Value x) { return ops::clamp(c, x, -0.75, 1.5); }},
        {"reshape",
         [](Context& c, Value x) {
           return ops::reshape(c, x, {-1, 16});
         }},
        {"permute",
         [](Context& c, Value x) {
           return ops::permute(c, x, {0, 2, 1});
         }},
        {"slice", [](Context& c, Value x) { return ops::slice(c, x, 2, 3, 20); }}};
    const Value in = c.quantize(in_, x);
    std::vector<Value> results;
    for (const Op& op : ops_) {
      const Value result =
          op.name == "rms_norm" ? ops::rms_norm(c, in, c.weight(gamma_), 1e-6) : find(table, op.name)(c, in);
      results.push_back(c.quantize(op.out, result));
    }
    return results;
  }

 private:
  vernier::Parameter gamma_;
  vernier::Site in_;
  std::vector<Op> ops_;
};

class Binary : public vernier::Wrapper {
 public:
  explicit Binary(vernier::Module& m) : a_(m.site("a")), b_(m.site("b")), ops_(ops_of(m)) {}

  std::vector<Value> forward(Context& c, Value a, Value b) {
    static const std::map<std::string, std::function<Value(Context&, Value, Value)>> table = {
        {"add", ops::add},
        {"sub", ops::sub},
        {"mul", ops::mul},
        {"div", ops::div},
        {"matmul",
         [](Context& c, Value a, Value b) {
           return ops::matmul(c, a, ops::permute(c, b, {0, 2, 1}));
         }},
        {"concat", [](Context& c, Value a, Value b) {
           return ops::concat(c, {a, b}, 1);
         }}};
    const Value left = c.quantize(a_, a), right = c.quantize(b_, b);
    std::vector<Value> results;
    for (const Op& op : ops_) results.push_back(c.quantize(op.out, find(table, op.name)(c, left, right)));
    return results;
  }

 private:
  vernier::Site a_, b_;
  std::vector<Op> ops_;
};

VERNIER_PLUGIN(vernier::wrapper<Unary>("Unary"), vernier::wrapper<Binary>("Binary"));
