#include "compressed_tensors.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

#include "json_text.h"

namespace encodings_backend {

namespace {

using vernier::Graph;
using vernier::GraphNode;
using vernier::GraphValue;

struct Item {
  std::string name;
  const char* dtype;  // as safetensors spells it
  std::vector<int64_t> shape;
  uint64_t bytes = 0;
  std::function<std::vector<std::byte>()> data;
};

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

uint64_t elements(const std::vector<int64_t>& shape) {
  uint64_t count = 1;
  for (int64_t extent : shape) count *= static_cast<uint64_t>(extent);
  return count;
}

int64_t code_at(const std::vector<std::byte>& bytes, vernier::DType dtype, size_t i) {
  if (dtype.bits == 4) {
    const auto code = static_cast<int64_t>((bytes[i / 2] >> (i % 2 * 4)) & std::byte{15});
    return dtype.is_signed() && code > 7 ? code - 16 : code;
  }
  uint64_t code = 0;
  const size_t width = dtype.bits / 8;
  std::memcpy(&code, bytes.data() + i * width, width);
  const bool is_negative = dtype.is_signed() && dtype.bits < 64 && (code >> (dtype.bits - 1) & 1) != 0;
  return is_negative ? static_cast<int64_t>(code) - (int64_t{1} << dtype.bits) : static_cast<int64_t>(code);
}

// How far a code lies from the signed one of its width.
int32_t shift_of(vernier::DType dtype) { return dtype.is_signed() ? 0 : 1 << (dtype.bits - 1); }

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph), values_(graph.values()), coded_(values_.size()) {
    for (uint32_t i = 0; i < coded_.size(); ++i) coded_[i] = i;
    for (const GraphNode& node : graph.nodes()) {
      // What is float for a float op only is still codes to this layout, which has no graph.
      if (node.op == "dequantize") coded_[node.outputs[0]] = node.inputs[0];
      if (node.op == "linear" && node.inputs.size() > 1) linear(node);
    }
    for (uint32_t i = 0; i < values_.size(); ++i) {
      if (values_[i].is_constant() && done_.count(i) == 0) plain(i);
    }
  }

  void write(vernier::Sink& sink) {
    std::string header = "{\"__metadata__\": {\"format\": \"pt\", \"producer\": \"vernier\"}";
    uint64_t end = 0;
    std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
    for (const Item& item : items_) {
      header += ", " + quoted(item.name) + ": {\"dtype\": \"" + item.dtype +
                "\", \"shape\": " + list(item.shape, [](int64_t extent) { return std::to_string(extent); }) +
                ", \"data_offsets\": [" + std::to_string(end) + ", " + std::to_string(end + item.bytes) +
                "]}";
      end += item.bytes;
    }
    header += "}";
    header.append((8 - header.size() % 8) % 8, ' ');
    const uint64_t length = header.size();
    sink.write(&length, sizeof(length));
    sink.write(header);
    for (const Item& item : items_) {
      const std::vector<std::byte> data = item.data();
      sink.write(data.data(), data.size());
    }
    sink.companion(".config.json").first.write(config());
  }

 private:
  struct Group {
    std::string weights, inputs, format;
    std::vector<std::string> targets;
  };

  template <typename T>
  void add(std::string name, const char* dtype, std::vector<int64_t> shape, std::vector<T> values) {
    std::vector<std::byte> bytes = bytes_of(values);
    items_.push_back({std::move(name), dtype, std::move(shape), bytes.size(), [bytes] { return bytes; }});
  }

  static std::string module_of(const GraphValue& weight) {
    const size_t dot = weight.name.rfind('.');
    return dot == std::string_view::npos ? std::string() : std::string(weight.name.substr(0, dot));
  }
  static std::string member(const std::string& module, const char* name) {
    return module.empty() ? name : module + "." + name;
  }

  // A weight's codes must not become float32 behind a report that says "quantized".
  void check_weight(const GraphNode& node, const GraphValue& weight) const {
    const std::string name = std::string(node.module.empty() ? "<root>" : node.module) +
                             ": linear: weight \"" + std::string(weight.name) + "\" ";
    if (weight.shape.size() != 2) throw vernier::unimplemented(name + "is no matrix");
    if (weight.dtype.bits != 8 && weight.dtype.bits != 4)
      throw vernier::unimplemented(
          name + "has codes of " + weight.dtype.name() +
          "; compressed-tensors has weights of 8 or 4 bits: set \"dtype\": \"int8\"");
    if (weight.axis > 0 && weight.scale.size() > 1)
      throw vernier::unimplemented(name + "has its scales on axis " + std::to_string(weight.axis) +
                                   "; compressed-tensors wants them on axis 0: set \"axis\": 0");
  }

  void linear(const GraphNode& node) {
    const uint32_t index = coded_[node.inputs[1]];
    const GraphValue& weight = values_[index];
    if (!weight.is_constant() || !weight.is_quantized()) return;
    check_weight(node, weight);
    if (!done_.emplace(index, true).second) return;
    const std::string module = module_of(weight);
    const bool is_symmetric = std::all_of(weight.zero_point.begin(), weight.zero_point.end(),
                                          [&](int32_t z) { return z == shift_of(weight.dtype); });
    const bool by_channel = weight.scale.size() > 1;
    const std::vector<int64_t> scale_shape =
        by_channel ? std::vector<int64_t>{weight.shape[0], 1} : std::vector<int64_t>{1};
    add(member(module, "weight_scale"), "F32", scale_shape, weight.scale);
    const std::string inputs = static_input(values_[coded_[node.inputs[0]]], module);
    // The layout's own rule: codes of weights whose inputs are float are packed, also those of 8 bits.
    const bool is_packed = weight.dtype.bits == 4 || inputs == "null";
    if (is_packed)
      packed(index, module, is_symmetric, scale_shape);
    else
      eight_bits(index, module, is_symmetric, scale_shape);
    const std::string weights = std::string("{\"num_bits\": ") + std::to_string(weight.dtype.bits) +
                                ", \"type\": \"int\", \"symmetric\": " + (is_symmetric ? "true" : "false") +
                                ", \"strategy\": \"" + (by_channel ? "channel" : "tensor") +
                                "\", \"dynamic\": false}";
    Group& group = groups_[weights + inputs];
    group.weights = weights;
    group.inputs = inputs;
    group.format = is_packed ? "pack-quantized" : "int-quantized";
    group.targets.push_back(module);
  }

  // The signed codes, made when they are written.
  [[nodiscard]] std::vector<int8_t> signed_codes(uint32_t index) const {
    const GraphValue& weight = values_[index];
    const std::vector<std::byte> bytes = graph_.constant(index);
    std::vector<int8_t> codes(static_cast<size_t>(elements(weight.shape)));
    for (size_t i = 0; i < codes.size(); ++i)
      codes[i] = static_cast<int8_t>(code_at(bytes, weight.dtype, i) - shift_of(weight.dtype));
    return codes;
  }

  void eight_bits(uint32_t index, const std::string& module, bool is_symmetric,
                  const std::vector<int64_t>& scale_shape) {
    const GraphValue& weight = values_[index];
    items_.push_back({member(module, "weight"), "I8", weight.shape, elements(weight.shape),
                      [this, index] { return bytes_of(signed_codes(index)); }});
    if (is_symmetric) return;
    std::vector<int8_t> zero_points;
    for (int32_t z : weight.zero_point)
      zero_points.push_back(static_cast<int8_t>(z - shift_of(weight.dtype)));
    add(member(module, "weight_zero_point"), "I8", scale_shape, zero_points);
  }

  // Codes side by side in words of 32 bits, low bits first, each row from a word of its own; what is stored
  // is code + half of the range.
  void packed(uint32_t index, const std::string& module, bool is_symmetric,
              const std::vector<int64_t>& scale_shape) {
    const GraphValue& weight = values_[index];
    const int bits = weight.dtype.bits;
    const int64_t each = 32 / bits, words = (weight.shape[1] + each - 1) / each;
    items_.push_back({member(module, "weight_packed"),
                      "I32",
                      {weight.shape[0], words},
                      static_cast<uint64_t>(weight.shape[0] * words) * 4,
                      [this, index, words] { return packed_rows(index, words); }});
    add(member(module, "weight_shape"), "I64", {2}, weight.shape);
    if (is_symmetric) return;
    // The library packs zero points for channels only, along the channels.
    if (scale_shape.size() != 2) {
      add(member(module, "weight_zero_point"), "I8", scale_shape,
          std::vector<int8_t>{static_cast<int8_t>(weight.zero_point[0] - shift_of(weight.dtype))});
      return;
    }
    std::vector<uint32_t> zero_points((weight.zero_point.size() + static_cast<size_t>(each) - 1) /
                                      static_cast<size_t>(each));
    for (size_t i = 0; i < weight.zero_point.size(); ++i)
      zero_points[i / static_cast<size_t>(each)] |=
          static_cast<uint32_t>(weight.zero_point[i] - shift_of(weight.dtype) + (1 << (bits - 1)))
          << (static_cast<int>(i % static_cast<size_t>(each)) * bits);
    add(member(module, "weight_zero_point"), "I32", {static_cast<int64_t>(zero_points.size()), 1},
        zero_points);
  }

  [[nodiscard]] std::vector<std::byte> packed_rows(uint32_t index, int64_t words) const {
    const GraphValue& weight = values_[index];
    const int bits = weight.dtype.bits;
    const int64_t each = 32 / bits;
    const std::vector<int8_t> codes = signed_codes(index);
    std::vector<uint32_t> rows(static_cast<size_t>(weight.shape[0] * words));
    for (int64_t row = 0; row < weight.shape[0]; ++row) {
      for (int64_t column = 0; column < weight.shape[1]; ++column) {
        const auto code = static_cast<uint32_t>(codes[static_cast<size_t>(row * weight.shape[1] + column)] +
                                                (1 << (bits - 1)));
        rows[static_cast<size_t>(row * words + column / each)] |= code << (column % each * bits);
      }
    }
    return bytes_of(rows);
  }

  std::string static_input(const GraphValue& input, const std::string& module) {
    if (!input.is_quantized() || input.dtype.bits != 8 || input.scale.size() != 1) return "null";
    add(member(module, "input_scale"), "F32", {1}, input.scale);
    const int32_t zero_point = input.zero_point[0] - shift_of(input.dtype);
    if (zero_point != 0)
      add(member(module, "input_zero_point"), "I8", {1},
          std::vector<int8_t>{static_cast<int8_t>(zero_point)});
    return std::string("{\"num_bits\": 8, \"type\": \"int\", \"symmetric\": ") +
           (zero_point == 0 ? "true" : "false") + ", \"strategy\": \"tensor\", \"dynamic\": false}";
  }

  // Float constants as they are, codes that the layout has no place for (biases, tables, norms) as the reals
  // that they mean.
  void plain(uint32_t index) {
    const GraphValue& value = values_[index];
    if (value.is_filled) return;  // a reader looks for tensors of the checkpoint
    if (!value.is_quantized() && value.dtype != vernier::kFloat32) return;
    items_.push_back(
        {std::string(value.name), "F32", value.shape, elements(value.shape) * sizeof(float), [this, index] {
           const GraphValue& one = values_[index];
           std::vector<std::byte> bytes = graph_.constant(index);
           if (!one.is_quantized()) return bytes;
           uint64_t inner = 1;
           for (size_t k = static_cast<size_t>(one.axis + 1); one.axis >= 0 && k < one.shape.size(); ++k)
             inner *= static_cast<uint64_t>(one.shape[k]);
           std::vector<float> reals(static_cast<size_t>(elements(one.shape)));
           for (size_t i = 0; i < reals.size(); ++i) {
             const size_t channel = one.scale.size() == 1 ? 0 : i / inner % one.scale.size();
             reals[i] = one.scale[channel] *
                        static_cast<float>(code_at(bytes, one.dtype, i) - one.zero_point[channel]);
           }
           return bytes_of(reals);
         }});
  }

  [[nodiscard]] std::string config() const {
    std::string text =
        "{\"quantization_config\": {\n  \"quant_method\": \"compressed-tensors\",\n  "
        "\"quantization_status\": \"compressed\",\n  \"format\": ";
    bool is_mixed = false;
    for (const auto& [key, group] : groups_)
      is_mixed = is_mixed || group.format != groups_.begin()->second.format;
    text += groups_.empty() ? "null"
            : is_mixed      ? "\"mixed-precision\""
                            : quoted(groups_.begin()->second.format);
    text += ",\n  \"config_groups\": {";
    size_t number_of = 0;
    for (const auto& [key, group] : groups_) {
      text += std::string(number_of == 0 ? "\n" : ",\n") + "    \"group_" + std::to_string(number_of) +
              "\": {\"targets\": " +
              list(group.targets, [](const std::string& target) { return quoted(target); }) +
              ", \"weights\": " + group.weights + ", \"input_activations\": " + group.inputs +
              ", \"output_activations\": null, \"format\": " + quoted(group.format) + "}";
      ++number_of;
    }
    return text + "\n  },\n  \"ignore\": []\n}}\n";
  }

  const Graph& graph_;
  const std::vector<GraphValue> values_;
  std::vector<uint32_t> coded_;  // of each value: the one whose codes it means
  std::vector<Item> items_;
  std::map<uint32_t, bool> done_;
  std::map<std::string, Group> groups_;
};

}  // namespace

void CompressedTensors::write(const vernier::Graph& graph, vernier::Sink& sink) { Writer(graph).write(sink); }

}  // namespace encodings_backend
