#include "report/site_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "device/device.h"
#include "kernels/thread_pool.h"
#include "tensor/finite_number.h"

namespace vernier::core {

namespace {

constexpr uint64_t kSamples = 2;  // more change the picture little and cost as much as the evaluation itself
constexpr int64_t kScatterPoints = 2000;
constexpr int64_t kPiece = 4096;  // values at once, so that each pass over them finds them in the cache

nlohmann::json decibel(double signal, double noise) {
  if (noise == 0 || signal == 0) return nullptr;
  return 10.0 * std::log10(signal / noise);
}

// The scales of rows that were taken, where each row has its own.
void take_scales(QParams& qparams, const std::vector<int64_t>& rows, int64_t all) {
  if (qparams.is_float || (qparams.axis != 0 && qparams.block_size == 0)) return;
  const int64_t own = static_cast<int64_t>(qparams.scale.size()) / all;
  QParams taken{qparams.dtype, qparams.scheme, qparams.axis, false, {}, {}, qparams.block_size};
  for (const int64_t row : rows) {
    for (int64_t i = row * own; i < (row + 1) * own; ++i) {
      taken.scale.push_back(qparams.scale[static_cast<size_t>(i)]);
      taken.zero_point.push_back(qparams.zero_point[static_cast<size_t>(i)]);
    }
  }
  qparams = std::move(taken);
}

// Rows of a large parameter, evenly taken so that about kWeightElements remain, with their scales. Of a row
// that is longer by itself, its beginning, but where its elements have scales of their own.
Tensor some_rows(const Tensor& x, QParams& qparams) {
  const int64_t all = x.shape[0], columns = x.elements() / all;
  const int64_t step = std::max<int64_t>(1, x.elements() / kWeightElements);
  const bool is_cut = qparams.axis <= 0 && qparams.block_size == 0;
  const int64_t taken = is_cut ? std::min(columns, kWeightElements) : columns;
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < all; row += step) rows.push_back(row);
  Shape shape = taken == columns ? x.shape : Shape{0, taken};
  shape[0] = static_cast<int64_t>(rows.size());
  Tensor result = Tensor::allocate(x.dtype, std::move(shape));
  const uint64_t row_bytes = x.dtype.bytes(static_cast<uint64_t>(columns));
  const uint64_t bytes = x.dtype.bytes(static_cast<uint64_t>(taken));
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(x.data + static_cast<uint64_t>(rows[i]) * row_bytes, bytes,
                result.mutable_as<std::byte>() + i * bytes);
    // The system brings up to 2 MiB of a file for one row.
    if (i % 16 == 15) x.let_go(0, x.elements());
  }
  take_scales(qparams, rows, all);
  return result;
}

}  // namespace

void SiteStatistics::start_histogram(const Tensor& x) {
  const float* values = x.as<float>();
  std::array<float, 16> low, high;  // NaN is in no range
  low.fill(std::numeric_limits<float>::infinity());
  high.fill(-std::numeric_limits<float>::infinity());
  const int64_t count = x.elements();
  for (int64_t begin = 0; begin < count; begin += std::ssize(low)) {
    const auto lanes = static_cast<size_t>(std::min(std::ssize(low), count - begin));
    for (size_t lane = 0; lane < lanes; ++lane) {
      const float value = values[static_cast<size_t>(begin) + lane];
      low[lane] = value < low[lane] ? value : low[lane];
      high[lane] = value > high[lane] ? value : high[lane];
    }
  }
  min_ = histogram_low_ = *std::ranges::min_element(low);
  max_ = histogram_high_ = *std::ranges::max_element(high);
  if (has_range_) {
    histogram_low_ = std::min(histogram_low_, low_);
    histogram_high_ = std::max(histogram_high_, high_);
  }
  if (!(histogram_high_ > histogram_low_)) histogram_high_ = histogram_low_ + 1;
}

void SiteStatistics::add_values(const Tensor& x, const QParams* qparams, Device& device) {
  if (x.elements() == 0) return;
  const bool is_coded = qparams != nullptr && !qparams->is_float;
  if (is_coded && qparams->scale.size() == 1) {
    has_range_ = true;
    low_ = static_cast<double>(qparams->scale[0]) *
           static_cast<double>(qparams->dtype.qmin() - qparams->zero_point[0]);
    high_ = static_cast<double>(qparams->scale[0]) *
            static_cast<double>(qparams->dtype.qmax() - qparams->zero_point[0]);
  }
  if (count_ == 0) start_histogram(x);
  const Tensor coded = is_coded ? device.fake_quantize(x, *qparams) : x;
  const float* values = x.as<float>();
  const float* codes = coded.as<float>();
  // A value is clipped where it lies further out than half a step.
  const double margin = has_range_ ? static_cast<double>(qparams->scale[0]) / 2 : 0;
  const int64_t count = x.elements();
  for (int64_t begin = 0; begin < count; begin += kPiece) {
    const int64_t piece = std::min(kPiece, count - begin);
    add_sums(values + begin, codes + begin, piece);
    if (has_range_) add_clipped(values + begin, piece, margin);
    add_bars(values + begin, piece);
  }
  count_ += static_cast<uint64_t>(count);
}

// Four sums side by side: one waits for its last addition at each value.
void SiteStatistics::add_sums(const float* values, const float* codes, int64_t count) {
  std::array<double, 4> signal{}, noise{};
  double low = min_, high = max_;
  const auto add = [&](size_t lane, int64_t i) {
    const double value = values[i], lost = value - codes[i];
    signal[lane] += value * value;
    noise[lane] += lost * lost;
    low = value < low ? value : low;
    high = value > high ? value : high;
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (size_t lane = 0; lane < 4; ++lane) add(lane, i + static_cast<int64_t>(lane));
  for (; i < count; ++i) add(0, i);
  signal_ += (signal[0] + signal[1]) + (signal[2] + signal[3]);
  own_noise_ += (noise[0] + noise[1]) + (noise[2] + noise[3]);
  min_ = low;
  max_ = high;
}

void SiteStatistics::add_clipped(const float* values, int64_t count, double margin) {
  const double low = low_ - margin, high = high_ + margin;
  uint64_t clipped = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double value = values[i];
    clipped += static_cast<uint64_t>(value < low) + static_cast<uint64_t>(value > high);
  }
  clipped_ += clipped;
}

void SiteStatistics::add_bars(const float* values, int64_t count) {
  const double bins = static_cast<double>(kHistogramBins) / (histogram_high_ - histogram_low_);
  const double last = static_cast<double>(kHistogramBins - 1), low = histogram_low_;
  // NaN, or a range without end, has no bar: it is counted behind the last one.
  std::array<int32_t, kPiece> bars;
  for (int64_t i = 0; i < count; ++i) {
    const double place = (values[i] - low) * bins;
    const double inside = place < last ? (place > 0 ? place : 0) : last;
    bars[static_cast<size_t>(i)] =
        std::isnan(place) ? static_cast<int32_t>(kHistogramBins) : static_cast<int32_t>(inside);
  }
  // Neighbours often fall into the same bar, and then one addition would wait for the other.
  std::array<std::array<uint32_t, kHistogramBins + 1>, 2> counts{};
  for (int64_t i = 0; i < count; ++i)
    ++counts[static_cast<size_t>(i % 2)][static_cast<size_t>(bars[static_cast<size_t>(i)])];
  for (size_t bar = 0; bar < kHistogramBins; ++bar) histogram_[bar] += counts[0][bar] + counts[1][bar];
}

void SiteStatistics::add_pair(const Tensor& reference, const Tensor& quantized) {
  if (reference.shape != quantized.shape) return;
  has_pair_ = true;
  const int64_t count = reference.elements();
  const float* r = reference.as<float>();
  const float* q = quantized.as<float>();
  for (int64_t i = 0; i < count; ++i) {
    const double value = r[i], noise = value - q[i];
    pair_signal_ += value * value;
    pair_noise_ += noise * noise;
  }
}

nlohmann::json SiteStatistics::to_json() const {
  return {{"count", count_},
          {"min", finite_number(min_)},
          {"max", finite_number(max_)},
          {"low", has_range_ ? finite_number(low_) : nlohmann::json(nullptr)},
          {"high", has_range_ ? finite_number(high_) : nlohmann::json(nullptr)},
          {"clipped", clipped_},
          {"own_sqnr_db", decibel(signal_, own_noise_)},
          {"sqnr_db", has_pair_ ? decibel(pair_signal_, pair_noise_) : nlohmann::json(nullptr)},
          {"histogram",
           {{"low", finite_number(histogram_low_)},
            {"high", finite_number(histogram_high_)},
            {"counts", histogram_}}}};
}

bool StatisticsCollector::wants(uint64_t sample) { return sample < kSamples; }

void StatisticsCollector::float_value(uint64_t sample, int site, const Tensor& x) {
  const auto index = static_cast<size_t>(site);
  const auto& qparams = tree_.sites[index].qparams;
  sites_[index].add_values(x, qparams ? &*qparams : nullptr, device_);
  if (held_bytes_ + x.bytes() > kHeldBytes) return;
  held_bytes_ += x.bytes();
  held_[sample][site].floats.push_back(x);
}

void StatisticsCollector::quantized_value(uint64_t sample, int site, const Tensor& x) {
  Held& held = held_[sample][site];
  const size_t pass = held.passed++;
  if (pass < held.floats.size()) sites_[static_cast<size_t>(site)].add_pair(held.floats[pass], x);
}

void StatisticsCollector::finish_piece(uint64_t sample) {
  for (const auto& [site, held] : held_[sample])
    for (const Tensor& x : held.floats) held_bytes_ -= x.bytes();
  held_.erase(sample);
}

void StatisticsCollector::finish_sample(uint64_t sample) {
  finish_piece(sample);
  ++samples_;
}

void StatisticsCollector::outputs(const std::vector<Tensor>& floats, const std::vector<Tensor>& quantized) {
  if (!scatter_->empty()) return;
  for (size_t k = 0; k < floats.size(); ++k) {
    if (floats[k].dtype != kFloat32 || floats[k].elements() == 0) continue;
    const int64_t step = std::max<int64_t>(1, floats[k].elements() / kScatterPoints + 1);
    for (int64_t i = 0; i < floats[k].elements(); i += step)
      scatter_->push_back({floats[k].as<float>()[i], quantized[k].as<float>()[i]});
    return;
  }
}

void StatisticsCollector::parameter_values(const Parameter& parameter) {
  control_.check();
  if (parameter.source.data == nullptr || parameter.source.shape.empty()) return;
  const auto& qparams = tree_.sites[static_cast<size_t>(parameter.site)].qparams;
  QParams own = qparams ? *qparams : QParams{};
  if (!qparams) own.is_float = true;
  const bool is_large = parameter.source.elements() > kWeightElements;
  const Tensor source = is_large ? some_rows(parameter.source, own) : parameter.source;
  const Tensor values = device_.widen(source, all_rows(source), kFloat32);
  sites_[static_cast<size_t>(parameter.site)].add_values(values, &own, device_);
}

nlohmann::json StatisticsCollector::to_json() {
  std::map<int, std::vector<const Parameter*>> parameters;  // by site, each of which is one thread's
  for (const Parameter& parameter : tree_.parameters) parameters[parameter.site].push_back(&parameter);
  std::vector<const std::vector<const Parameter*>*> groups;
  for (const auto& [site, group] : parameters) {
    if (site >= 0) groups.push_back(&group);
  }
  pool_.parallel_for(0, static_cast<int64_t>(groups.size()), 1, [&](int64_t index, int64_t) {
    for (const Parameter* parameter : *groups[static_cast<size_t>(index)]) parameter_values(*parameter);
  });
  nlohmann::json rows = nlohmann::json::array();
  for (size_t i = 0; i < sites_.size(); ++i) {
    control_.check();
    nlohmann::json row = sites_[i].to_json();
    row["site"] = tree_.sites[i].path;
    row["role"] = tree_.sites[i].is_weight ? "weight" : "activation";
    rows.push_back(std::move(row));
  }
  return {{"samples", samples_}, {"sites", std::move(rows)}, {"scatter", std::move(scatter_)}};
}

}  // namespace vernier::core
