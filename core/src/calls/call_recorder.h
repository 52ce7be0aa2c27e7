// Writes down what wrappers ask of the host, in the process in which they run (vernier/core/trial.h). Told by
// the tree's builder and the tracer, of what they granted: a call that failed leaves nothing but its log
// lines.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "calls/recorded_calls.h"
#include "file/scratch_file.h"

namespace vernier::core {

class HostServices;

// [one thread at a time]
class CallRecorder {
 public:
  // `tables` gets the elements of tables; it must outlive this.
  explicit CallRecorder(ScratchFile& tables) : tables_(tables) {}
  CallRecorder(const CallRecorder&) = delete;
  CallRecorder& operator=(const CallRecorder&) = delete;

  // Calls are those of the tree's creation from here on, its log lines those of `services`.
  void begin_tree(const HostServices& services, const std::string& type);
  void end_tree();
  // Calls are those of this trace. The first trace of its kind that succeeds is the one that counts.
  void begin_trace(uint32_t module, const std::string& entry, std::vector<TensorType> inputs);
  // false: it failed, nothing of it is kept.
  void end_trace(bool is_kept);
  // Such a trace ends with `error`, whatever was recorded of it.
  void fail(uint32_t module, const std::string& entry, const std::vector<TensorType>& inputs, Error error);
  void config_reads(std::string state) { calls_.config_reads = std::move(state); }

  void add(const RecordedCall& call);
  // The call's elements are kept once, however many tables have them.
  void add_table(TableCall call, std::span<const std::byte> elements);

  // Bytes in the file of tables.
  [[nodiscard]] uint64_t table_bytes() const { return table_bytes_; }
  // All of it. Throws Error where something could not be kept: kPlugin for more calls than kMostCallBytes, or
  // more than 4 GiB of tables; kData where there is no room for tables.
  [[nodiscard]] const RecordedCalls& finish() const;

  // What is added while it lives is taken back, but for log lines, unless it is done.
  class Attempt {
   public:
    // `recorder` may be null.
    explicit Attempt(CallRecorder* recorder)
        : recorder_(recorder), mark_(recorder == nullptr ? 0 : recorder->now_.size()) {}
    ~Attempt() {
      if (recorder_ != nullptr) recorder_->rewind(mark_);
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    void done() { recorder_ = nullptr; }

   private:
    CallRecorder* recorder_;
    const size_t mark_;
  };

 private:
  void begin();
  void put(const RecordedCall& call);
  // What was logged since the last look.
  void take_lines();
  void rewind(size_t mark);
  [[nodiscard]] TraceCalls* find(uint32_t module, const std::string& entry,
                                 const std::vector<TensorType>& inputs);

  ScratchFile& tables_;
  RecordedCalls calls_;
  const HostServices* services_ = nullptr;
  size_t lines_ = 0;  // of the session that were looked at
  bool is_on_ = false;
  std::vector<std::byte> now_;                        // of the tree or the trace that is made
  std::vector<std::pair<size_t, size_t>> log_calls_;  // where they begin and end in `now_`
  TraceCalls trace_;
  uint64_t kept_bytes_ = 0;
  std::map<std::string, uint64_t> table_places_;  // by SHA-256
  uint64_t table_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace vernier::core
