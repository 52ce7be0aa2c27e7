#include "program/steps/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core::steps {

namespace {

// Of all pictures together.
int64_t count_soft(const Tensor& soft_tokens, int64_t pictures, int64_t rows_per_picture) {
  if (pictures > soft_tokens.elements())
    throw data_error(
        fmt::format("{} pictures, and soft tokens of {} are counted", pictures, soft_tokens.elements()));
  int64_t sum = 0;
  for (int64_t picture = 0; picture < pictures; ++picture) {
    const int64_t count = soft_tokens.as<int32_t>()[picture];
    if (count < 0 || count > rows_per_picture)
      throw data_error(fmt::format("picture {} has {} soft tokens; each picture has {} rows", picture, count,
                                   rows_per_picture));
    sum += count;
  }
  return sum;
}

}  // namespace

Tensor fusion_source(const Tensor& tokens, const Tensor& soft_tokens, int64_t pictures, int64_t image_token,
                     int64_t rows_per_picture, const Shape& shape) {
  const int64_t soft = count_soft(soft_tokens, pictures, rows_per_picture);
  const auto* given = tokens.as<int32_t>();
  const auto placeholders = std::count(given, given + tokens.elements(), image_token);
  if (placeholders != soft)
    throw data_error(fmt::format("the prompt has {} image tokens ({}), its {} pictures have {} soft tokens",
                                 placeholders, image_token, pictures, soft),
                     "", "one image token stands for each soft token");
  Tensor source = Tensor::allocate(kInt32, shape);
  int64_t picture = 0, row = 0;
  for (int64_t i = 0; i < tokens.elements(); ++i) {
    int64_t from = i;
    if (given[i] == image_token) {
      while (row == soft_tokens.as<int32_t>()[picture]) {
        ++picture;
        row = 0;
      }
      from = tokens.elements() + picture * rows_per_picture + row++;
    }
    source.mutable_as<int32_t>()[i] = static_cast<int32_t>(from);
  }
  return source;
}

void require_image_tokens(const Tensor& tokens, int64_t image_token, int64_t first, int64_t count) {
  for (int64_t i = 0; i < tokens.elements(); ++i) {
    const bool is_there = tokens.as<int32_t>()[i] == image_token, is_wanted = i >= first && i < first + count;
    if (is_there == is_wanted) continue;
    throw data_error(
        fmt::format("token {} of the prompt is {} image token ({})", i, is_there ? "an" : "no", image_token),
        "",
        fmt::format("these files take a picture whose {} image tokens are tokens {} to {}", count, first,
                    first + count - 1));
  }
}

Tensor softcap(const Tensor& logits, double cap) {
  Tensor result = Tensor::allocate(kFloat32, logits.shape);
  std::transform(logits.as<double>(), logits.as<double>() + logits.elements(), result.mutable_as<float>(),
                 [cap](double x) { return static_cast<float>(cap * std::tanh(x / cap)); });
  return result;
}

Tensor argmax(const Tensor& logits, const Shape& shape) {
  const int64_t width = logits.shape.back(), rows = logits.elements() / width;
  Tensor result = Tensor::allocate(kInt32, shape);
  for (int64_t i = 0; i < rows; ++i) {
    const double *begin = logits.as<double>() + i * width, *end = begin + width;
    if (std::any_of(begin, end, [](double x) { return std::isnan(x); }))
      throw data_error("a score is NaN, so that none is the greatest");
    result.mutable_as<int32_t>()[i] = static_cast<int32_t>(std::max_element(begin, end) - begin);
  }
  return result;
}

}  // namespace vernier::core::steps
