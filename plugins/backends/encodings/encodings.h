// Qparams as the encodings file of AIMET and Qualcomm's converters (QNN, SNPE).
//
// real = scale * (code + offset) with codes from 0 to 2^bw - 1: a signed code counts from its least value, so
// offset = qmin - zero_point. Source: the "Encoding format specification" of AIMET, versions 0.6.1 and 1.0.0.
#pragma once

#include <vernier/backend.h>

#include <string>

namespace encodings_backend {

class Encodings : public vernier::Backend {
 public:
  explicit Encodings(const vernier::Options& options) : format_(options.text("/format", "1.0.0")) {}
  void write(const vernier::Graph& graph, vernier::Sink& sink) override;

 private:
  std::string format_;
};

}  // namespace encodings_backend
