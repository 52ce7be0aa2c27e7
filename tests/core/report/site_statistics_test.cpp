#include "report/site_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "device/device.h"
#include "kernels/thread_pool.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

Tensor floats(const std::vector<float>& values) {
  Tensor result = Tensor::allocate(kFloat32, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), result.mutable_as<float>());
  return result;
}

TEST(SiteStatistics, TellRangeClippingAndErrors) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  QParams qparams;
  qparams.dtype = kUInt8;
  qparams.scale = {0.5f};
  qparams.zero_point = {128};
  SiteStatistics statistics;
  statistics.add_values(floats({-64.2f, -64.3f, 0.1f, 63.5f, 70}), &qparams, *device);
  const nlohmann::json row = statistics.to_json();
  EXPECT_EQ(row["count"], 5);
  EXPECT_FLOAT_EQ(row["min"], -64.3f);
  EXPECT_FLOAT_EQ(row["max"], 70);
  EXPECT_EQ(row["low"], -64.0) << "0.5 * (0 - 128)";
  EXPECT_EQ(row["high"], 63.5);
  EXPECT_EQ(row["clipped"], 2) << "-64.2 rounds to the last code; -64.3 and 70 do not";
  const double signal = 64.2 * 64.2 + 64.3 * 64.3 + 0.01 + 63.5 * 63.5 + 4900,
               noise = 0.04 + 0.09 + 0.01 + 0 + 6.5 * 6.5;
  EXPECT_NEAR(row["own_sqnr_db"].get<double>(), 10 * std::log10(signal / noise), 1e-4);
  EXPECT_TRUE(row["sqnr_db"].is_null()) << "nothing was compared";
  const auto counts = row["histogram"]["counts"].get<std::vector<int>>();
  EXPECT_EQ(counts.size(), kHistogramBins);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 5);
  EXPECT_EQ(counts.front(), 2);
  EXPECT_EQ(counts.back(), 1);
}

// Values are passed over in pieces and lanes: ends of all sizes, and values that belong nowhere.
TEST(SiteStatistics, AreThoseOfAPlainLoopForEveryCount) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  const QParams qparams{kUInt8, Scheme::kAsymmetric, -1, false, {0.01f}, {128}};
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0, 0.8f);
  for (const size_t count : {1, 2, 3, 5, 17, 4095, 4096, 4097, 10'001}) {
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    SiteStatistics statistics;
    statistics.add_values(floats(values), &qparams, *device);
    const nlohmann::json row = statistics.to_json();
    const Tensor coded = device->fake_quantize(floats(values), qparams);
    const double begin = row["histogram"]["low"], width = row["histogram"]["high"].get<double>() - begin;
    double signal = 0, noise = 0;
    std::vector<uint64_t> bars(kHistogramBins);
    int clipped = 0;
    for (size_t i = 0; i < count; ++i) {
      const double value = values[i], lost = value - coded.as<float>()[i];
      signal += value * value;
      noise += lost * lost;
      clipped += value < 0.01f * -128.0 - 0.005f || value > 0.01f * 127.0 + 0.005f ? 1 : 0;
      const double place = (value - begin) * (static_cast<double>(kHistogramBins) / width);
      ++bars[static_cast<size_t>(std::clamp(place, 0.0, kHistogramBins - 1.0))];
    }
    EXPECT_EQ(row["min"], *std::ranges::min_element(values)) << count;
    EXPECT_EQ(row["max"], *std::ranges::max_element(values)) << count;
    EXPECT_EQ(row["clipped"], clipped) << count;
    EXPECT_EQ(row["histogram"]["counts"], nlohmann::json(bars)) << count;
    EXPECT_NEAR(row["own_sqnr_db"].get<double>(), 10 * std::log10(signal / noise), 1e-9) << count;
  }
}

TEST(SiteStatistics, CompareTheTwoRuns) {
  SiteStatistics statistics;
  statistics.add_pair(floats({3, 4}), floats({3, 4.5f}));
  EXPECT_NEAR(statistics.to_json()["sqnr_db"].get<double>(), 20, 1e-9) << "25 against 0.25";
}

TEST(SiteStatistics, AFloatSiteHasValuesOnly) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  QParams qparams;
  qparams.is_float = true;
  SiteStatistics statistics;
  statistics.add_values(floats({1, 1, 1}), &qparams, *device);
  const nlohmann::json row = statistics.to_json();
  EXPECT_TRUE(row["low"].is_null());
  EXPECT_TRUE(row["own_sqnr_db"].is_null());
  EXPECT_EQ(row["clipped"], 0);
}

// Inside a model a value may overflow although its outputs are finite.
TEST(SiteStatistics, NanAndInfinityHaveNoBarAndHarmNothing) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  const auto bars = [&](const std::vector<float>& values) {
    SiteStatistics statistics;
    statistics.add_values(floats(values), nullptr, *device);
    const nlohmann::json row = statistics.to_json();
    EXPECT_EQ(row["count"], values.size());
    const auto counts = row["histogram"]["counts"].get<std::vector<int>>();
    return std::accumulate(counts.begin(), counts.end(), 0);
  };
  EXPECT_EQ(bars({1, NAN, 2}), 2);
  EXPECT_EQ(bars({NAN}), 0);
  EXPECT_EQ(bars({1, INFINITY}), 1) << "the range has no end, only a beginning";
  EXPECT_EQ(bars({-INFINITY, INFINITY}), 0);
}

// A run whose large parameter stays float, as a float export's do.
TEST(StatisticsCollector, LooksAtEvenlyTakenRowsOfALargeParameter) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  for (const bool is_float : {true, false}) {
    ModuleTree tree;
    Site site;
    site.path = "m/weight";
    site.is_weight = true;
    site.qparams = QParams{};
    site.qparams->dtype = kInt8;
    site.qparams->axis = 0;
    site.qparams->is_float = is_float;
    if (!is_float) site.qparams->scale.assign(3000, 1.0f), site.qparams->zero_point.assign(3000, 0);
    tree.sites.push_back(site);
    Parameter parameter;
    parameter.site = 0;
    parameter.source = Tensor::allocate(kFloat32, {3000, 1000});
    std::fill_n(parameter.source.mutable_as<float>(), 3000000, 2.0f);
    tree.parameters.push_back(parameter);
    const nlohmann::json row = StatisticsCollector(tree, *device, pool).to_json()["sites"][0];
    EXPECT_EQ(row["count"], 1500000) << "every second row of 3 million elements";
    EXPECT_EQ(row["max"], 2.0);
    EXPECT_TRUE(row["own_sqnr_db"].is_null()) << "2 is a code, or stays what it is";
  }
}

// Whatever the axis and the shape, a part of a large parameter is looked at, with the scales of that part.
TEST(StatisticsCollector, LooksAtAPartOfALargeParameterOfAnyShape) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  const struct {
    Shape shape;
    int64_t axis;
    int count;
  } rows[] = {{{4194304}, -1, 1048576},    {{4194304}, 0, 1048576},       {{1, 3000000}, -1, 1048576},
              {{2, 1500000}, 0, 1048576},  {{2048, 1, 1024}, 1, 1048576}, {{2048, 4, 256}, 2, 1048576},
              {{2048, 4, 256}, 0, 1048576}};
  for (const auto& row : rows) {
    ModuleTree tree;
    Site site;
    site.qparams = QParams{};
    site.qparams->dtype = kInt8;
    site.qparams->axis = row.axis;
    const auto channels =
        row.axis < 0 ? size_t{1} : static_cast<size_t>(row.shape[static_cast<size_t>(row.axis)]);
    site.qparams->scale.assign(channels, 1.0f), site.qparams->zero_point.assign(channels, 0);
    tree.sites.push_back(site);
    Parameter parameter;
    parameter.site = 0;
    parameter.source = Tensor::allocate(kFloat32, row.shape);
    std::fill_n(parameter.source.mutable_as<float>(), parameter.source.elements(), 2.0f);
    tree.parameters.push_back(parameter);
    const nlohmann::json found = StatisticsCollector(tree, *device, pool).to_json()["sites"][0];
    EXPECT_EQ(found["count"], row.count) << to_string(row.shape) << " along " << row.axis;
    EXPECT_EQ(found["max"], 2.0);
  }
}

}  // namespace
}  // namespace vernier::core
