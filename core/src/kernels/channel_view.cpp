#include "kernels/channel_view.h"

#include <fmt/format.h>

#include "vernier/core/error.h"

namespace vernier::core {

ChannelView ChannelView::of(const Shape& shape, int64_t axis) {
  if (axis == -1) return {1, 1, element_count(shape)};
  const int64_t rank = static_cast<int64_t>(shape.size());
  if (axis < 0 || axis >= rank) {
    throw internal_error(
        fmt::format("channel axis {} is not one of a tensor of shape {}", axis, to_string(shape)));
  }
  ChannelView view{1, shape[static_cast<size_t>(axis)], 1};
  for (int64_t i = 0; i < axis; ++i) view.outer *= shape[static_cast<size_t>(i)];
  for (int64_t i = axis + 1; i < rank; ++i) view.inner *= shape[static_cast<size_t>(i)];
  // One scale for all: then long loops are better than one per row.
  return view.channels == 1 ? ChannelView{1, 1, element_count(shape)} : view;
}

ChannelView ChannelView::of(const Shape& shape, const QParams& qparams) {
  if (qparams.block_size == 0) return of(shape, qparams.axis);
  const std::optional<int64_t> blocks = scale_count(qparams, shape);
  if (!blocks)
    throw internal_error(
        fmt::format("blocks of {} do not fit a tensor of shape {}", qparams.block_size, to_string(shape)));
  return {1, *blocks, qparams.block_size};
}

}  // namespace vernier::core
