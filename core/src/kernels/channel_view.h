// A dense tensor seen as [outer, channels, inner], the shape every per-channel kernel works on.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

struct ChannelView {
  int64_t outer = 1;
  int64_t channels = 1;  // 1 where one scale serves the whole tensor
  int64_t inner = 0;     // elements between neighbours along the channel axis; 1 for the last axis

  [[nodiscard]] int64_t elements() const { return outer * channels * inner; }
  // `axis` -1: the whole tensor as one channel. Error (internal) for an axis that the shape does not have.
  static ChannelView of(const Shape& shape, int64_t axis);
  // Each scale is a channel; blocks along the last axis are [1, blocks, elements of a block]. Error
  // (internal) where the qparams do not fit the shape.
  static ChannelView of(const Shape& shape, const QParams& qparams);

  // Cuts the flattened elements [first, last) where the channel changes and calls run(first, count, channel)
  // for each piece, in order. With inner 1 a piece goes along a row instead: its i-th element has channel +
  // i.
  template <typename Run>
  void for_each_run(int64_t first, int64_t last, Run run) const {
    const int64_t length = inner == 1 ? channels : inner;
    int64_t end = first - first % length;
    int64_t channel = first / length % channels;
    for (int64_t i = first; i < last; i = end) {
      end += length;
      run(i, std::min(last, end) - i, inner == 1 ? i - (end - length) : channel);
      if (++channel == channels) channel = 0;
    }
  }
};

}  // namespace vernier::core
