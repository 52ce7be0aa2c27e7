// Root-mean-square normalisation over the last axis with a scale; config: dim, eps (default 1e-6).
#pragma once

#include "blocks/rms_norm.h"

class RMSNorm : public vernier::Wrapper {
 public:
  explicit RMSNorm(vernier::Module& m) : norm_(m) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) { return norm_(c, x); }

 private:
  blocks::RMSNorm norm_;
};
