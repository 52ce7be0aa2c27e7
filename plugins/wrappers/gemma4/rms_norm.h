// Gemma4RMSNorm: root-mean-square normalisation with or without a scale. Config: dim, eps (default 1e-6),
// with_scale (default true).
#pragma once

#include "blocks/rms_norm.h"

class Gemma4RMSNorm : public vernier::Wrapper {
 public:
  explicit Gemma4RMSNorm(vernier::Module& m)
      : norm_(m, m.config().boolean("/with_scale", true) ? blocks::Scale::kLearned : blocks::Scale::kOnes) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) { return norm_(c, x); }

 private:
  blocks::RMSNorm norm_;
};
