// qparams laid out for the kernels: one value per channel in each array, all float32.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/channel_view.h"
#include "tensor/qparams.h"

namespace vernier::core {

struct AffineTable {
  // Error (internal) when the qparams do not suit the view: another count, a float site, a dtype that is not
  // an integer of at most 16 bits, a zero point outside the code range.
  AffineTable(const ChannelView& view, const QParams& qparams);

  ChannelView view;
  std::vector<float> scale, inverse, zero_point;  // inverse = 1 / scale
  float qmin, qmax;
  float overflow;  // x / scale + zero_point beyond which the code is qmin again; see affine-inl.h
};

}  // namespace vernier::core
