#include "session/verify_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "quantization/exact.h"
#include "session/exact_file.h"
#include "session/open_extent.h"
#include "tensor/finite_number.h"
#include "trace/with_qparams.h"
#include "verify/comparison.h"
#include "verify/executed_file.h"
#include "verify/feed.h"

namespace vernier::core {

namespace {

// One output over all samples: the three runs, pair by pair.
struct OutputComparison {
  Metrics float_to_quantized;
  Metrics float_to_file;
  Comparison quantized_to_file;

  [[nodiscard]] double value(GatePair pair, const std::string& metric) const {
    switch (pair) {
      case GatePair::kFloatToQuantized:
        return float_to_quantized.value(metric);
      case GatePair::kFloatToFile:
        return float_to_file.value(metric);
      case GatePair::kQuantizedToFile:
        return quantized_to_file.value(metric);
    }
    return 0;
  }
};

std::optional<float> step_of(const GraphValue& value) {
  if (!value.qparams || value.qparams->scale.size() != 1) return std::nullopt;
  return value.qparams->scale.front();
}

// What a value of the graph means; undefined where it is no float, or was not kept.
Tensor single_reals(const Tensor& exact) {
  if (!exact.defined() || (exact.dtype != kFloat32 && exact.dtype != kFloat64)) return {};
  return exact.dtype == kFloat64 ? to_single(exact) : exact;
}

class Verifier {
 public:
  Verifier(Pipeline& run, const Unit& unit, const CapturedGraph& captured, const VerifyJob& job)
      : run_(run),
        unit_(unit),
        captured_(captured),
        job_(job),
        file_(*run.p.services,
              job.executor.empty() ? run.p.hub->executor_for(job.file) : run.p.hub->executor(job.executor),
              job.options->dump(), job.file, job.shown),
        order_(match_inputs(file_.inputs(), unit.input_names, job.shown)),
        outputs_(captured.graph().outputs.size()) {
    if (file_.outputs().size() != outputs_.size()) {
      throw data_error(fmt::format("{} has {} outputs, the recipe's entry {}", job.shown,
                                   file_.outputs().size(), outputs_.size()),
                       job.shown, "verify a file with the recipe that it was made with");
    }
  }

  nlohmann::json row() {
    uint64_t skipped = 0;
    const uint64_t limit = job_.samples.value_or(unit_.evaluation->samples());
    for (uint64_t index = 0; index < unit_.evaluation->samples() && samples_ < limit; ++index) {
      run_.control().check();
      if (!verify_sample(*unit_.evaluation, index)) ++skipped;
    }
    if (samples_ == 0 && !verify_sample(*unit_.calibration, 0)) {
      throw data_error(fmt::format("no sample has the shapes that {} wants", job_.shown), describe_inputs(),
                       "the file was captured on calibration sample 0 of another recipe");
    }
    if (job_.open != nullptr && extents_.size() == 1) verify_other_extent();
    nlohmann::json result = {{"file", job_.shown},
                             {"unit", nullptr},
                             {"executor", executor_name()},
                             {"samples", samples_},
                             {"skipped_samples", skipped},
                             {"nodes", nodes_},
                             {"compared_nodes", nodes_.size()},
                             {"all_nodes", captured_.graph().nodes.size()},
                             {"first_divergence", nullptr}};
    if (job_.open != nullptr) result["open_extents"] = extents_;
    if (run_.p.recipe.has_units) result["unit"] = unit_.recipe->name;
    for (const auto& node : nodes_) {
      if (!node["diverges"].get<bool>()) continue;
      result["first_divergence"] = node;
      break;
    }
    result["outputs"] = output_rows();
    result["gates"] = gate_rows();
    return result;
  }

 private:
  // False where the sample's shapes are not the file's.
  bool verify_sample(const InputSource& source, uint64_t index) {
    const std::vector<Tensor> sample = source.sample(index);
    const bool is_open = job_.open != nullptr;
    const std::optional<int64_t> extent = is_open ? job_.open->extent_of(sample) : std::nullopt;
    if (is_open ? !extent : !fits(file_.inputs(), order_, sample)) return false;
    const std::vector<Tensor> given = source.is_fed() ? source.quantized_sample(index) : sample;
    if (is_open && extents_.empty())
      other_ = {job_.open->resized(sample, other_than(*extent)),
                job_.open->resized(given, other_than(*extent))};
    if (is_open) extents_.insert(*extent);
    verify_inputs(sample, given, exact_of(extent.value_or(0)));
    return true;
  }

  [[nodiscard]] int64_t other_than(int64_t extent) const {
    return extent == job_.open->extent() ? job_.open->other_extent() : job_.open->extent();
  }

  // What is right at one extent may be wrong at others.
  void verify_other_extent() {
    const int64_t extent = other_than(*extents_.begin());
    extents_.insert(extent);
    verify_inputs(other_.first, other_.second, exact_of(extent));
  }

  // The graph that the file should compute at an open extent; that of the last one is kept.
  ExactFile& exact_of(int64_t extent) {
    if (exact_ != nullptr && exact_extent_ == extent) return *exact_;
    exact_.reset();
    resized_.reset();
    const bool is_captured = job_.open == nullptr || extent == job_.open->extent();
    if (!is_captured) {
      const auto traced = unit_.runner->graph(job_.open->types(extent));
      resized_ = std::make_unique<CapturedGraph>(with_qparams(*traced, *run_.p.tree, QParamsOf::kConversion),
                                                 *run_.p.tree, *run_.device, captured_.lowering(),
                                                 run_.control(), run_.kept_codes.get());
    }
    exact_extent_ = extent;
    exact_ = std::make_unique<ExactFile>(is_captured ? captured_ : *resized_, *run_.device, run_.control());
    return *exact_;
  }

  void verify_inputs(const std::vector<Tensor>& sample, const std::vector<Tensor>& given,
                     ExactFile& reference) {
    const bool first = samples_ == 0;
    const std::vector<Tensor> floats = unit_.runner->run(Reading::kFloat, sample);
    std::vector<Tensor> exact;  // by value
    const std::vector<Tensor> quantized = reference.run(given, first ? &exact : nullptr);
    const RunResults results = file_.run(feed(file_.inputs(), order_, given, *run_.device), first);
    for (size_t i = 0; i < outputs_.size(); ++i)
      compare_output(i, floats.at(i), quantized.at(i), results.output(i));
    if (first) compare_nodes(exact, results);
    ++samples_;
    // A file with an open extent may be run on one more than there are.
    const uint64_t samples = job_.samples.value_or(unit_.evaluation->samples());
    run_.control().report({"verify", {}, samples_, std::max(samples_, samples), "samples"});
  }

  void compare_output(size_t index, const Tensor& floats, const Tensor& quantized, const FileTensor& given) {
    if (quantized.dtype != kFloat32) return;  // indices and masks
    const Tensor file = real_values(given, *run_.device);
    if (!file.defined() || file.elements() != quantized.elements()) {
      throw data_error(fmt::format("output {} of {} is {} {}, the recipe's is {} {}", index, job_.shown,
                                   given.dtype.name(), to_string(given.shape), quantized.dtype.name(),
                                   to_string(quantized.shape)));
    }
    Tensor shaped = file;
    shaped.shape = quantized.shape;
    OutputComparison& comparison = outputs_[index];
    const GraphValue& value = captured_.graph().values[captured_.graph().outputs[index]];
    comparison.float_to_quantized.add(floats, quantized);
    comparison.float_to_file.add(floats, shaped);
    comparison.quantized_to_file.add(quantized, shaped, step_of(value));
    all_float_to_file_.add(floats, shaped);
  }

  void compare_nodes(const std::vector<Tensor>& exact, const RunResults& results) {
    for (const GraphNode& node : captured_.graph().nodes) {
      run_.control().check();
      for (ValueIndex output : node.outputs) {
        const GraphValue& value = captured_.graph().values[output];
        const FileTensor* given = results.find(value.name);
        const Tensor reference = given == nullptr ? Tensor{} : single_reals(exact[output]);
        Tensor file = reference.defined() ? real_values(*given, *run_.device) : Tensor{};
        if (!file.defined() || file.elements() != reference.elements()) continue;
        file.shape = reference.shape;
        Comparison comparison;
        comparison.add(reference, file, step_of(value));
        nlohmann::json row = comparison.to_json();
        row.update({{"name", value.name},
                    {"op", node.op},
                    {"module", node.module},
                    {"dtype", value.dtype.name()},
                    {"diverges", comparison.diverges()}});
        nodes_.push_back(std::move(row));
      }
    }
  }

  [[nodiscard]] nlohmann::json output_rows() const {
    nlohmann::json rows = nlohmann::json::array();
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const OutputComparison& one = outputs_[i];
      if (one.quantized_to_file.elements() == 0) continue;
      const GraphValue& value = captured_.graph().values[captured_.graph().outputs[i]];
      rows.push_back({{"index", i},
                      {"name", value.name},
                      {"dtype", value.dtype.name()},
                      {"float_to_quantized", one.float_to_quantized.to_json()},
                      {"float_to_file", one.float_to_file.to_json()},
                      {"quantized_to_file", one.quantized_to_file.to_json()}});
    }
    return rows;
  }

  static nlohmann::json gate_row(const FileGate& gate, const nlohmann::json& output, double value) {
    return {{"pair", to_string(gate.pair)},
            {"metric", gate.metric},
            {"output", output},
            {"limit", fmt::format("{} {}", gate.gate.op, gate.gate.limit)},
            {"value", finite_number(value)},
            {"met", gate.gate.holds(value)},
            {"pointer", gate.gate.pointer}};
  }

  // Each output must hold the limit, or all of them as one.
  [[nodiscard]] nlohmann::json gate_rows() const {
    nlohmann::json rows = nlohmann::json::array();
    for (const FileGate& gate : job_.gates) {
      if (gate.unit && &run_.p.recipe.units[*gate.unit] != unit_.recipe) continue;
      if (gate.over_all_outputs) {
        if (all_float_to_file_.is_empty()) continue;
        rows.push_back(gate_row(gate, nullptr, all_float_to_file_.value(gate.metric)));
        continue;
      }
      for (size_t i = 0; i < outputs_.size(); ++i) {
        if (outputs_[i].quantized_to_file.elements() == 0) continue;
        rows.push_back(gate_row(gate, i, outputs_[i].value(gate.pair, gate.metric)));
      }
    }
    return rows;
  }

  [[nodiscard]] std::string executor_name() const { return file_.executor(); }

  [[nodiscard]] std::string describe_inputs() const {
    std::string text;
    for (const FileTensor& input : file_.inputs())
      text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", input.name, input.dtype.name(),
                          to_string(input.shape));
    return text;
  }

  Pipeline& run_;
  const Unit& unit_;
  const CapturedGraph& captured_;
  const VerifyJob& job_;
  ExecutedFile file_;
  std::vector<size_t> order_;
  std::unique_ptr<CapturedGraph> resized_;  // at an open extent other than that of sample 0
  std::unique_ptr<ExactFile> exact_;        // of it, or of `captured_`
  int64_t exact_extent_ = 0;
  std::set<int64_t> extents_;                                  // at which the file was run
  std::pair<std::vector<Tensor>, std::vector<Tensor>> other_;  // the first sample at another extent
  std::vector<OutputComparison> outputs_;
  Metrics all_float_to_file_;
  nlohmann::json nodes_ = nlohmann::json::array();
  uint64_t samples_ = 0;
};

}  // namespace

void VerifyJob::choose(const std::string& signature) {
  nlohmann::json chosen = options;
  chosen["signature"] = signature;  // a recipe's own is refused, see require_signatures()
  options = chosen;
}

nlohmann::json verify_file(Pipeline& run, const Unit& unit, const CapturedGraph& captured,
                           const VerifyJob& job) {
  return Verifier(run, unit, captured, job).row();
}

bool verified(const nlohmann::json& row) {
  for (const auto& gate : row.at("gates")) {
    if (!gate.at("met").get<bool>()) return false;
  }
  return true;
}

}  // namespace vernier::core
