#include "calls/call_recorder.h"

#include <fmt/format.h>

#include <algorithm>

#include "abi/host_services.h"
#include "calls/call_bytes.h"
#include "calls/message.h"
#include "plugin/sha256.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMostTables = uint64_t{4} << 30;

}  // namespace

void CallRecorder::begin() {
  is_on_ = true;
  now_.clear();
  log_calls_.clear();
  lines_ = services_->line_count();
}

void CallRecorder::begin_tree(const HostServices& services, const std::string& type) {
  services_ = &services;
  calls_.type = type;
  begin();
}

void CallRecorder::end_tree() {
  take_lines();
  calls_.tree = std::exchange(now_, {});
  is_on_ = false;
}

TraceCalls* CallRecorder::find(uint32_t module, const std::string& entry,
                               const std::vector<TensorType>& inputs) {
  const auto found = std::find_if(calls_.traces.begin(), calls_.traces.end(),
                                  [&](const TraceCalls& one) { return one.is_of(module, entry, inputs); });
  return found == calls_.traces.end() ? nullptr : &*found;
}

void CallRecorder::begin_trace(uint32_t module, const std::string& entry, std::vector<TensorType> inputs) {
  if (services_ == nullptr || find(module, entry, inputs) != nullptr) return;
  trace_ = {module, entry, std::move(inputs), {}, {}};
  begin();
}

void CallRecorder::end_trace(bool is_kept) {
  if (!std::exchange(is_on_, false) || !is_kept) return;
  trace_.calls = now_;
  kept_bytes_ += now_.size();
  calls_.traces.push_back(std::move(trace_));
}

void CallRecorder::fail(uint32_t module, const std::string& entry, const std::vector<TensorType>& inputs,
                        Error error) {
  TraceCalls* found = find(module, entry, inputs);
  if (found == nullptr) found = &calls_.traces.emplace_back(TraceCalls{module, entry, inputs, {}, {}});
  found->calls.clear();
  found->error = std::move(error);
}

void CallRecorder::put(const RecordedCall& call) {
  if (failure_) return;  // told by finish(): an error here would be the wrapper's to catch
  CallWriter write(now_);
  write(call);
  if (kept_bytes_ + now_.size() <= kMostCallBytes) return;
  failure_ =
      plugin_error(fmt::format("the wrappers make more calls than fit into {} MiB", kMostCallBytes >> 20), {},
                   "calibrate on samples of fewer different shapes, or set runtime.isolate to false");
}

void CallRecorder::take_lines() {
  if (!is_on_) return;
  for (const LogLine& line : services_->lines_from(lines_)) {
    const size_t begin = now_.size();
    put(LogCall{line.level, line.plugin, line.text});
    log_calls_.emplace_back(begin, now_.size());
    ++lines_;
  }
}

void CallRecorder::add(const RecordedCall& call) {
  if (!is_on_) return;
  take_lines();
  put(call);
}

void CallRecorder::add_table(TableCall call, std::span<const std::byte> elements) {
  if (!is_on_ || failure_) return;
  try {
    const auto [place, is_new] = table_places_.try_emplace(sha256_hex(elements), table_bytes_);
    if (is_new && table_bytes_ + elements.size() > kMostTables)
      throw plugin_error(fmt::format("the tables of the forwards take more than {} GiB", kMostTables >> 30),
                         {}, "compute them with ops, or set runtime.isolate to false");
    if (is_new) {
      tables_.write(table_bytes_, elements);
      table_bytes_ += elements.size();
    }
    call.offset = place->second;
  } catch (const Error& error) {
    failure_ = error;
    return;
  }
  add(call);
}

void CallRecorder::rewind(size_t mark) {
  if (!is_on_) return;
  take_lines();
  std::vector<std::byte> kept;
  const auto first =
      std::find_if(log_calls_.begin(), log_calls_.end(), [&](const auto& one) { return one.first >= mark; });
  for (auto one = first; one != log_calls_.end(); ++one) {
    const size_t begin = mark + kept.size();
    kept.insert(kept.end(), now_.begin() + static_cast<ptrdiff_t>(one->first),
                now_.begin() + static_cast<ptrdiff_t>(one->second));
    *one = {begin, mark + kept.size()};
  }
  now_.resize(mark);
  now_.insert(now_.end(), kept.begin(), kept.end());
}

const RecordedCalls& CallRecorder::finish() const {
  if (failure_) throw *failure_;
  return calls_;
}

}  // namespace vernier::core
