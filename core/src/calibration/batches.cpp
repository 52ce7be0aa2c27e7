#include "calibration/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tensor/metrics.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr double kLeastDecibels = 60;

bool fit_together(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.dtype == y.dtype && x.shape == y.shape;
  });
}

Tensor stack(std::span<const std::vector<Tensor>> samples, size_t input, const std::string& where) {
  const Tensor& first = samples[0][input];
  if (first.shape.empty())
    throw usage_error(fmt::format("input {} is a scalar: samples cannot be stacked", input), where,
                      kOneByOne);
  Shape shape = first.shape;
  shape[0] *= static_cast<int64_t>(samples.size());
  Tensor result = Tensor::allocate(first.dtype, std::move(shape));
  std::byte* to = result.mutable_as<std::byte>();
  for (const auto& sample : samples) {
    std::memcpy(to, sample[input].data, sample[input].bytes());
    to += sample[input].bytes();
  }
  return result;
}

// True where `test` is `reference` but for the rounding of float32 sums.
bool is_close(const Tensor& reference, const Tensor& test) {
  if (reference.dtype != kFloat32) return std::memcmp(test.data, reference.data, reference.bytes()) == 0;
  Metrics metrics;
  metrics.add(reference, test);
  return metrics.sqnr_db() >= kLeastDecibels;
}

}  // namespace

std::string Batch::name() const {
  return samples == 1 ? fmt::format("sample {}", first)
                      : fmt::format("samples {} to {}", first, first + samples - 1);
}

Batch Batches::next() {
  std::vector<std::vector<Tensor>> samples;
  samples.push_back(ahead_.empty() ? inputs_.sample(next_) : std::move(ahead_));
  ahead_.clear();
  Batch batch{next_++, 1, {}, {}};
  while (next_ < count_ && batch.samples < size_) {
    std::vector<Tensor> sample = inputs_.sample(next_);
    if (!fit_together(samples[0], sample)) {
      ahead_ = std::move(sample);
      break;
    }
    samples.push_back(std::move(sample));
    ++batch.samples;
    ++next_;
  }
  if (batch.samples == 1) {
    batch.inputs = samples[0];
  } else {
    for (size_t input = 0; input < samples[0].size(); ++input)
      batch.inputs.push_back(stack(samples, input, where_));
  }
  batch.last_sample = std::move(samples.back());
  return batch;
}

std::vector<std::vector<TensorType>> stacked_types(const InputSource& inputs, uint64_t size) {
  std::vector<std::vector<TensorType>> all;
  if (size <= 1) return all;
  std::vector<TensorType> first;
  uint64_t samples = 0;
  const auto end_batch = [&] {
    const bool has_scalar =
        std::any_of(first.begin(), first.end(), [](const TensorType& one) { return one.shape.empty(); });
    if (samples > 1 && !has_scalar) {
      for (TensorType& one : first) one.shape[0] *= static_cast<int64_t>(samples);
      if (std::find(all.begin(), all.end(), first) == all.end()) all.push_back(first);
    }
    samples = 0;
  };
  for (uint64_t index = 0; index < inputs.samples(); ++index) {
    std::vector<TensorType> types = inputs.types(index);
    if (samples == size || (samples > 0 && types != first)) end_batch();
    if (samples == 0) first = std::move(types);
    ++samples;
  }
  end_batch();
  return all;
}

void require_independent_samples(std::span<const Tensor> batch, std::span<const Tensor> alone,
                                 uint64_t samples, const std::string& where) {
  if (batch.size() != alone.size())
    throw usage_error(fmt::format("a batch of {} samples gives {} outputs, one sample {}", samples,
                                  batch.size(), alone.size()),
                      where, kOneByOne);
  for (size_t i = 0; i < batch.size(); ++i) {
    Shape wanted = alone[i].shape;
    if (!wanted.empty()) wanted[0] *= static_cast<int64_t>(samples);
    if (wanted.empty() || batch[i].shape != wanted || batch[i].dtype != alone[i].dtype) {
      throw usage_error(fmt::format("output {} of {} stacked samples has shape {}, of one sample {}: the "
                                    "model does not keep them apart along axis 0",
                                    i, samples, to_string(batch[i].shape), to_string(alone[i].shape)),
                        where, kOneByOne);
    }
    Tensor last = alone[i];
    last.data = batch[i].data + batch[i].bytes() - alone[i].bytes();
    last.owner = batch[i].owner;
    last.is_mapped = false;
    if (!is_close(alone[i], last)) {
      throw usage_error(
          fmt::format("output {} of a sample depends on the other {} of its batch", i, samples - 1), where,
          kOneByOne);
    }
  }
}

}  // namespace vernier::core
