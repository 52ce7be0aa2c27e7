// What quantization does at each site: the error that has gathered there, the error of the site's own grid,
// and where the values lie.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "module/module_tree.h"
#include "tensor/tensor.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

class Device;
class ThreadPool;

inline constexpr size_t kHistogramBins = 64;

// Of a larger parameter, rows are taken evenly.
inline constexpr int64_t kWeightElements = int64_t{1} << 20;

// Sums in float64. The histogram spans the site's code range and the first tensor's values; what lies outside
// counts at its ends.
class SiteStatistics {
 public:
  // `x`: a tensor of the float run. `qparams`: of the site; none or float: only the values are told.
  void add_values(const Tensor& x, const QParams* qparams, Device& device);
  // The same site in the float and in the quantized run.
  void add_pair(const Tensor& reference, const Tensor& quantized);
  // {"count", "min", "max", "low", "high", "clipped", "own_sqnr_db", "sqnr_db", "histogram": {"low", "high",
  // "counts"}}; SQNRs are null where nothing differs or nothing was compared; low and high are the code range
  // in real values, null per channel and in float.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  void start_histogram(const Tensor& x);
  void add_sums(const float* values, const float* codes, int64_t count);
  void add_clipped(const float* values, int64_t count, double margin);
  void add_bars(const float* values, int64_t count);

  uint64_t count_ = 0, clipped_ = 0;
  double min_ = 0, max_ = 0;
  double low_ = 0, high_ = 0;
  bool has_range_ = false, has_pair_ = false;
  double signal_ = 0, own_noise_ = 0;
  double pair_signal_ = 0, pair_noise_ = 0;
  double histogram_low_ = 0, histogram_high_ = 0;
  std::array<uint64_t, kHistogramBins> histogram_{};
};

// Takes the tensors of the first evaluation samples, site by site, and the parameters at the end. Holds the
// float run's tensors of these samples, or of a piece of their forwards, up to a limit; beyond it a site
// keeps its values' statistics and loses the comparison of the two runs.
class StatisticsCollector {
 public:
  static constexpr uint64_t kHeldBytes = uint64_t{512} << 20;  // the limit

  StatisticsCollector(const ModuleTree& tree, Device& device, ThreadPool& pool,
                      const RunControl& control = RunControl::none())
      : tree_(tree), device_(device), pool_(pool), control_(control), sites_(tree.sites.size()) {}

  [[nodiscard]] static bool wants(uint64_t sample);
  void float_value(uint64_t sample, int site, const Tensor& x);
  void quantized_value(uint64_t sample, int site, const Tensor& x);
  // Between two pieces of a sample's forward, no site being in both: lets the float run's tensors go.
  void finish_piece(uint64_t sample);
  void finish_sample(uint64_t sample);
  // Pairs of output values for a scatter plot, evenly taken.
  void outputs(const std::vector<Tensor>& floats, const std::vector<Tensor>& quantized);
  // {"samples", "sites": [{"site", "role", …}], "scatter": [[float, quantized], …]}
  nlohmann::json to_json();

 private:
  void parameter_values(const Parameter& parameter);

  const ModuleTree& tree_;
  Device& device_;
  ThreadPool& pool_;
  const RunControl& control_;
  std::vector<SiteStatistics> sites_;
  // Of a site in one sample, which may pass it more than once.
  struct Held {
    std::vector<Tensor> floats;
    size_t passed = 0;  // by the quantized run
  };
  std::map<uint64_t, std::map<int, Held>> held_;  // by sample and site
  uint64_t held_bytes_ = 0;
  uint64_t samples_ = 0;
  JsonValue scatter_ = JsonValue::array();
};

}  // namespace vernier::core
