// What the rules of convolution, pooling and resizing answer and refuse, without a device.
#include <gtest/gtest.h>

#include <limits>

#include "device/op_rules.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using List = std::vector<int64_t>;

struct WindowAnswer {
  const char* op;
  std::vector<ArgumentType> arguments;
  const char* result;  // or the error's first line
};

TensorType image(Shape shape) { return {kFloat32, std::move(shape)}; }
constexpr int64_t kTooMuch = std::numeric_limits<int64_t>::max();
constexpr std::monostate kNoBias;

// conv2d with stride, padding, dilation and groups.
WindowAnswer conv2d(Shape x, Shape weight, List stride, List padding, List dilation, int64_t groups,
                    const char* result) {
  return {"conv2d",
          {image(std::move(x)), image(std::move(weight)), kNoBias, std::move(stride), std::move(padding),
           std::move(dilation), groups},
          result};
}
WindowAnswer transposed(Shape x, Shape weight, List stride, List padding, List output_padding, int64_t groups,
                        const char* result) {
  return {"conv_transpose2d",
          {image(std::move(x)), image(std::move(weight)), kNoBias, std::move(stride), std::move(padding),
           std::move(output_padding), List{1, 1}, groups},
          result};
}

std::string text_of(const WindowAnswer& row) {
  try {
    return to_string(op_result(find_op(row.op, 1).value(), row.arguments));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    return error.diagnostics().front().what;
  }
}

TEST(WindowRules, OfConvolutionAnswerTheTypeOrSayWhatDoesNotFit) {
  const WindowAnswer rows[] = {
      {"conv1d",
       {image({2, 4, 9}), image({6, 2, 3}), image({6}), List{2}, List{1}, List{2}, int64_t{2}},
       "float32[2, 6, 4]"},
      {"conv1d",
       {image({2, 4, 9}), image({6, 2, 3}), image({3}), List{2}, List{1}, List{2}, int64_t{2}},
       "conv1d: bias is float32[3]; it takes shape [6]"},
      {"conv1d",
       {image({4, 9}), image({6, 2, 3}), kNoBias, List{2}, List{1}, List{2}, int64_t{2}},
       "conv1d: x is float32[4, 9]; it takes rank 3"},
      {"conv1d",
       {image({2, 4, 9}), image({6, 2, 3}), kNoBias, List{}, List{1}, List{2}, int64_t{2}},
       "conv1d: stride is []; it takes 1 number from 1 to 2147483647"},
      {"conv1d",
       {TensorType{kInt8, {2, 4, 9}}, image({6, 2, 3}), kNoBias, List{1}, List{1}, List{2}, int64_t{2}},
       "conv1d: x is int8[2, 4, 9]; it takes float32"},
      {"conv3d",
       {image({0, 2, 4, 4, 4}), image({4, 1, 3, 1, 2}), kNoBias, List{2, 1, 3}, List{1, 0, 1}, List{1, 2, 1},
        int64_t{2}},
       "float32[0, 4, 2, 4, 2]"},
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, "float32[1, 8, 5, 5]"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {0, 1}, {1, 1}, {1, 1}, 1,
             "conv2d: stride is [0, 1]; it takes 2 numbers from 1 to 2147483647"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {1, -1}, {1, 1}, 1,
             "conv2d: padding is [1, -1]; it takes 2 numbers from 0 to 2147483647"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {0, 1}, 1,
             "conv2d: dilation is [0, 1]; it takes 2 numbers from 1 to 2147483647"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, kTooMuch}, {1, 1}, {1, 1}, 1,
             "conv2d: stride is [1, 9223372036854775807]; it takes 2 numbers from 1 to 2147483647"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 0,
             "conv2d: groups is 0; it takes 1 or more"),
      conv2d(
          {1, 3, 5, 5}, {8, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 3,
          "conv2d: groups is 3, weight is float32[8, 1, 3, 3]: it takes a divisor of weight's first extent"),
      conv2d(
          {1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 2,
          "conv2d: x is float32[1, 3, 5, 5], weight is float32[8, 3, 3, 3]: x has 3 channels, weight takes "
          "6"),
      conv2d({1, 3, 5, 5}, {8, 3, 0, 3}, {1, 1}, {1, 1}, {1, 1}, 1,
             "conv2d: weight is float32[8, 3, 0, 3]; it takes extents from 1 to 2^40"),
      conv2d({1, 3, 0, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1,
             "conv2d: x is float32[1, 3, 0, 5]; it takes extents from 1 to 2^40 behind the first"),
      conv2d({0, 3, kTooMuch, 5}, {8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1,
             "conv2d: x is float32[0, 3, 9223372036854775807, 5]; it takes extents from 1 to 2^40 behind the "
             "first"),
      conv2d({1, 3, 5, 5}, {8, 3, 3, 3}, {1, 1}, {0, 0}, {1, 3}, 1,
             "conv2d: along axis 3 a window covers 7 elements, x has 5 with padding"),
      conv2d({1, 1, 1, 1}, {1, 1, int64_t{1} << 39, 1}, {1, 1}, {0, 0}, {3, 1}, 1,
             "conv2d: along axis 2 of x, 549755813887 * 3 is more than 2^40"),
      conv2d({1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1}, {1 << 30, 1 << 30}, {1, 1}, 1,
             "conv2d: the result would be float32[1, 1, 2147483649, 2147483649], more than 2^40 elements"),
      transposed({1, 4, 3, 2}, {4, 2, 3, 3}, {2, 3}, {1, 0}, {1, 2}, 2, "float32[1, 4, 6, 8]"),
      transposed(
          {1, 4, 3, 2}, {4, 2, 3, 3}, {2, 3}, {1, 0}, {2, 0}, 1,
          "conv_transpose2d: output_padding is [2, 0]; along each axis it takes less than stride or than "
          "dilation"),
      transposed({1, 4, 1, 1}, {4, 2, 1, 1}, {1, 1}, {0, 1}, {0, 0}, 1,
                 "conv_transpose2d: padding is [0, 1], which leaves -1 elements along axis 3"),
      transposed(
          {1, 4, 3, 2}, {6, 2, 3, 3}, {1, 1}, {0, 0}, {0, 0}, 1,
          "conv_transpose2d: x is float32[1, 4, 3, 2], weight is float32[6, 2, 3, 3]: x has 4 channels, "
          "weight takes 6"),
      transposed(
          {1, 4, 3, 2}, {4, 2, 3, 3}, {1, 1}, {0, 0}, {0, 0}, 3,
          "conv_transpose2d: groups is 3, weight is float32[4, 2, 3, 3]: it takes a divisor of weight's "
          "first extent"),
      transposed({1, 4, 3, 2}, {4, 2, 3, 3}, {1, 1}, {0, 0}, {0, 0}, kTooMuch,
                 "conv_transpose2d: groups is 9223372036854775807, weight is float32[4, 2, 3, 3]: it takes a "
                 "divisor of weight's first extent"),
      transposed({1, 1, 1 << 20, 1}, {1, 1, 1, 1}, {1 << 21, 1}, {0, 0}, {0, 0}, 1,
                 "conv_transpose2d: along axis 2 of x, 1048575 * 2097152 is more than 2^40"),
  };
  for (const WindowAnswer& row : rows) EXPECT_EQ(text_of(row), row.result);
}

TEST(WindowRules, OfPoolingAndResizingAnswerTheTypeOrSayWhatDoesNotFit) {
  const TensorType x = image({1, 2, 5, 6});
  const WindowAnswer rows[] = {
      {"max_pool2d", {x, List{2, 3}, List{2, 1}, List{1, 0}}, "float32[1, 2, 3, 4]"},
      {"max_pool2d",
       {x, List{2, 3}, List{0, 1}, List{1, 0}},
       "max_pool2d: stride is [0, 1]; it takes 2 numbers from 1 to 2147483647"},
      {"max_pool2d",
       {x, List{2, 3}, List{1, 1}, List{1, 2}},
       "max_pool2d: padding is [1, 2], kernel is [2, 3]: it takes at most half of the kernel"},
      {"max_pool2d",
       {x, List{8, 3}, List{1, 1}, List{1, 1}},
       "max_pool2d: along axis 2 a window covers 8 elements, x has 7 with padding"},
      {"max_pool2d",
       {x, List{2}, List{1, 1}, List{0, 0}},
       "max_pool2d: kernel is [2]; it takes 2 numbers from 1 to 2147483647"},
      {"max_pool2d",
       {image({2, 5, 6}), List{2, 2}, List{1, 1}, List{0, 0}},
       "max_pool2d: x is float32[2, 5, 6]; it takes rank 4"},
      {"avg_pool2d", {x, List{2, 3}, List{2, 1}, List{1, 0}, int64_t{1}}, "float32[1, 2, 3, 4]"},
      {"avg_pool2d",
       {TensorType{kInt32, {1, 2, 5, 6}}, List{2, 3}, List{2, 1}, List{1, 0}, int64_t{1}},
       "avg_pool2d: x is int32[1, 2, 5, 6]; it takes float32"},
      {"resize_bilinear", {x, List{7, 3}, int64_t{0}}, "float32[1, 2, 7, 3]"},
      {"resize_bilinear",
       {x, List{7, 0}, int64_t{0}},
       "resize_bilinear: size is [7, 0]; it takes 2 numbers from 1 to 2147483647"},
      {"resize_bilinear",
       {image({1, 2, 0, 6}), List{7, 1}, int64_t{0}},
       "resize_bilinear: x is float32[1, 2, 0, 6]; it takes extents from 1 to 2^40 behind the first"},
      {"resize_bilinear",
       {x, List{2147483647, 2147483647}, int64_t{0}},
       "resize_bilinear: the result would be float32[1, 2, 2147483647, 2147483647], more than 2^40 elements"},
  };
  for (const WindowAnswer& row : rows) EXPECT_EQ(text_of(row), row.result);
}

}  // namespace
}  // namespace vernier::core
