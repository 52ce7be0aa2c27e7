#include "encodings.h"

#include "json_text.h"

namespace encodings_backend {

namespace {

using vernier::GraphValue;

int64_t offset_of(const GraphValue& value, size_t i) { return value.dtype.qmin() - value.zero_point[i]; }

bool is_symmetric(const GraphValue& value) {
  if (!value.dtype.is_signed()) return false;
  for (int32_t zero_point : value.zero_point) {
    if (zero_point != 0) return false;
  }
  return true;
}

std::string text(int64_t value) { return std::to_string(value); }

// 1.0.0: a list of encodings.
std::string entry(const GraphValue& value) {
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < value.scale.size(); ++i) offsets.push_back(offset_of(value, i));
  return "{\"name\": " + quoted(value.name) + ", \"dtype\": \"INT\", \"bw\": " + text(value.dtype.bits) +
         ", \"is_sym\": " + (is_symmetric(value) ? "true" : "false") + ", \"enc_type\": \"" +
         (value.scale.size() > 1 ? "PER_CHANNEL" : "PER_TENSOR") +
         "\", \"scale\": " + list(value.scale, number) + ", \"offset\": " + list(offsets, text) + "}";
}

// 0.6.1: for each name a list, one member a channel.
std::string old_entry(const GraphValue& value) {
  std::vector<std::string> members;
  for (size_t i = 0; i < value.scale.size(); ++i) {
    const int64_t offset = offset_of(value, i), steps = value.dtype.qmax() - value.dtype.qmin();
    members.push_back("{\"bitwidth\": " + text(value.dtype.bits) +
                      ", \"dtype\": \"int\", \"is_symmetric\": \"" +
                      (is_symmetric(value) ? "True" : "False") +
                      "\", \"min\": " + number(value.scale[i] * static_cast<float>(offset)) +
                      ", \"max\": " + number(value.scale[i] * static_cast<float>(offset + steps)) +
                      ", \"offset\": " + text(offset) + ", \"scale\": " + number(value.scale[i]) + "}");
  }
  return quoted(value.name) + ": " + list(members, [](const std::string& member) { return member; });
}

}  // namespace

void Encodings::write(const vernier::Graph& graph, vernier::Sink& sink) {
  const bool is_old = format_ == "0.6.1";
  std::string activations, parameters;
  for (const GraphValue& value : graph.values()) {
    // Biases follow from the other two; the tools make them themselves.
    if (!value.is_quantized() || value.dtype.bits > 16) continue;
    std::string& target = value.is_constant() ? parameters : activations;
    target += (target.empty() ? "\n    " : ",\n    ") + (is_old ? old_entry(value) : entry(value));
  }
  const char* open = is_old ? "{" : "[";
  const char* close = is_old ? "\n  }" : "\n  ]";
  sink.write("{\n  \"version\": " + quoted(format_) +
             ",\n  \"producer\": \"vernier\",\n  \"activation_encodings\": " + open + activations + close +
             ",\n  \"param_encodings\": " + open + parameters + close + "\n}\n");
}

}  // namespace encodings_backend
