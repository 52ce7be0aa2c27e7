#include "session/fed_inputs.h"

#include <fmt/format.h>

#include <map>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

std::vector<TensorType> output_types(const Graph& graph) {
  std::vector<TensorType> types;
  for (ValueIndex output : graph.outputs)
    types.push_back({graph.values[output].dtype, graph.values[output].shape});
  return types;
}

}  // namespace

FedInputs::FedInputs(std::unique_ptr<InputSource> own, std::vector<Feed> feeds, size_t inputs,
                     std::optional<uint64_t> wanted, const std::string& where)
    : own_(std::move(own)), feeds_(std::move(feeds)), inputs_(inputs) {
  samples_ = wanted ? *wanted : own_ != nullptr ? own_->samples() : feeds_.front().source->samples();
  for (const Feed& feed : feeds_) {
    if (feed.source->samples() < samples_)
      throw usage_error(fmt::format("{} samples are taken, but unit {}, which feeds them, has {}", samples_,
                                    feed.unit, feed.source->samples()),
                        where, "give both units the same number of samples");
    const size_t outputs = feed.runner->graph(feed.source->types(0))->outputs.size();
    if (feed.output >= outputs)
      throw usage_error(fmt::format("unit {} has no output {}", feed.unit, feed.output), where,
                        fmt::format("it has {}, counted from 0", outputs));
  }
  for (const Feed& feed : feeds_) feed.outputs->want(samples_, feed.output);
}

void FedInputs::release() const {
  for (const Feed& feed : feeds_) feed.outputs->release();
}

template <typename Each, typename OfUnit>
std::vector<Each> FedInputs::put_together(std::vector<Each> own, const OfUnit& outputs_of) const {
  std::map<const EntryRunner*, std::vector<Each>> made;
  std::vector<const Feed*> fed(inputs_);
  for (const Feed& feed : feeds_) {
    fed[feed.input] = &feed;
    if (!made.contains(feed.runner)) made.emplace(feed.runner, outputs_of(feed));
  }
  std::vector<Each> all;
  all.reserve(fed.size());
  size_t next = 0;
  for (const Feed* feed : fed)
    all.push_back(feed == nullptr ? std::move(own.at(next++)) : made.at(feed->runner).at(feed->output));
  return all;
}

std::vector<Tensor> FedInputs::sample(uint64_t index) const {
  return put_together(own_ == nullptr ? std::vector<Tensor>() : own_->sample(index),
                      [&](const Feed& feed) { return feed.outputs->get(Reading::kFloat, index); });
}

std::vector<Tensor> FedInputs::quantized_sample(uint64_t index) const {
  return put_together(own_ == nullptr ? std::vector<Tensor>() : own_->quantized_sample(index),
                      [&](const Feed& feed) { return feed.outputs->get(Reading::kQuantize, index); });
}

std::vector<TensorType> FedInputs::types(uint64_t index) const {
  return put_together(
      own_ == nullptr ? std::vector<TensorType>() : own_->types(index),
      [&](const Feed& feed) { return output_types(*feed.runner->graph(feed.source->types(index))); });
}

std::string FedInputs::identity() const {
  std::string text = fmt::format("{} samples", samples_);
  for (const Feed& feed : feeds_)
    text += fmt::format(", input {} is output {} of unit {}", feed.input, feed.output, feed.unit);
  return own_ == nullptr ? text : fmt::format("{}, others: {}", text, samples_identity(*own_));
}

}  // namespace vernier::core
