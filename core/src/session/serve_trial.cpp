#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include "abi/call_scope.h"
#include "calibration/batches.h"
#include "calls/call_recorder.h"
#include "calls/message.h"
#include "process/in_handler.h"
#include "session/declared_tensors.h"
#include "session/pipeline.h"
#include "session/smoke_run.h"
#include "session/trial_answer.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/trial.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VERNIER_HAS_SHADOW_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VERNIER_HAS_SHADOW_MEMORY
#endif
#endif

namespace vernier::core {

namespace {

constexpr std::chrono::milliseconds kLook{10};  // between two looks at the call that is going on

// Ends the process where one call into a plugin takes longer than the limit.
class CallWatch {
 public:
  explicit CallWatch(double seconds)
      : limit_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))),
        thread_([this](const std::stop_token& stop) { look(stop); }) {}

 private:
  using Clock = std::chrono::steady_clock;

  void look(const std::stop_token& stop) const {
    uint64_t call = 0;
    Clock::time_point since = Clock::now();
    for (; !stop.stop_requested(); std::this_thread::sleep_for(kLook)) {
      if (const uint64_t now = CallScope::begun(); now != call || !CallScope::any()) {
        call = now;
        since = Clock::now();
      } else if (Clock::now() - since > limit_) {
        say("error: a call into a plugin did not return within runtime.trace_timeout\n  at ");
        (void)say_call();
        say("\n  a constructor and a forward see shapes, no data, and take milliseconds: tell the plugin's "
            "author, or "
            "raise runtime.trace_timeout\n");
        end_at_once(static_cast<int>(ErrorKind::kPlugin));
      }
    }
  }

  const Clock::duration limit_;
  const std::jthread thread_;
};

#ifdef VERNIER_HAS_SHADOW_MEMORY
void limit_memory() {}
#else
[[noreturn]] void on_out_of_memory() {
  say("error: the plan took more than 2 GiB of memory where it was tried\n  at ");
  if (!say_call()) say("the host itself");
  say("\n  \"runtime\": {\"isolate\": false} makes the plan without a trial and without this limit\n");
  end_at_once(static_cast<int>(ErrorKind::kPlugin));
}

// Of memory that is ours to write: a checkpoint is mapped and does not count.
void limit_memory() {
  constexpr rlim_t kMost = rlim_t{2} << 30;
  uint64_t pages[6] = {};  // total, resident, shared, text, library, data and stack
  std::ifstream in("/proc/self/statm");
  for (uint64_t& one : pages) in >> one;
  rlimit limit{};
  if (!in || getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const rlim_t wanted = pages[5] * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + kMost;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= wanted) return;
  limit.rlim_cur = wanted;
  (void)setrlimit(RLIMIT_DATA, &limit);
  std::set_new_handler(&on_out_of_memory);
}
#endif

// The descriptor for the answer; standard output goes nowhere from now on.
int take_output() {
  const int answer = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (answer < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
    throw internal_error("cannot keep the output of plugins apart");
  close(nothing);
  return answer;
}

// The file for what wrappers do. Only the host gives one.
std::unique_ptr<ScratchFile> take_record() {
  struct stat found {};
  const int record = fcntl(kRecordDescriptor, F_DUPFD_CLOEXEC, kRecordDescriptor);
  if (record < 0 || fstat(record, &found) != 0 || !S_ISREG(found.st_mode))
    throw usage_error("vernier trial is for other commands to start");
  close(kRecordDescriptor);
  return std::make_unique<ScratchFile>("what wrappers do", record);
}

// The shapes that stacked samples have while the host calibrates; a forward that fails for them fails there.
void trace_stacks(const Pipeline& run, CallRecorder& recorder) {
  if (run.given) return;
  for (const auto& unit : run.units) {
    for (const std::vector<TensorType>& types :
         stacked_types(*unit->calibration, unit->recipe->calibration.batch_size)) {
      run.control().check();
      try {
        (void)unit->runner->graph(types);
      } catch (const Error& error) {
        if (error.is_stop()) throw;
        recorder.fail(static_cast<uint32_t>(unit->module), unit->recipe->entry, types, error);
      }
    }
  }
}

RecordPlace keep_record(const CallRecorder& recorder, ScratchFile& file) {
  const std::vector<std::byte> message = write_calls(recorder.finish());
  file.write(recorder.table_bytes(), message);
  return {recorder.table_bytes(), message.size()};
}

void try_plan(const SessionOptions& options, TrialScope scope, CallRecorder& recorder) {
  SessionOptions shapes_only = options;
  shapes_only.device = &make_reference_device;
  Pipeline run(shapes_only, scope, /*runs_elsewhere=*/false, &recorder);
  const std::vector<Graph> planned = run.trace();
  if (scope == TrialScope::kPlan) run.refuse_exports(planned);
  trace_stacks(run, recorder);
}

void try_smoke_case(const SmokeOptions& options, CallRecorder& recorder) {
  const std::string& type = options.types.at(0);
  const Catalog catalog = find_catalog(options);
  const ComponentRef wrapper = catalog.wrapper_for(type);
  if (!wrapper) throw usage_error("no wrapper serves the module type " + type);
  const auto pool = ThreadPool::of_process(0);
  for (const SmokeCase& one : wrapper.component->smoke) {
    if (one.name != options.name) continue;
    (void)declared_tensors(catalog, *pool, type, one, options.run_control(), std::nullopt, &recorder);
    return;
  }
  throw usage_error("no smoke case " + options.name + " for " + type);
}

void write_all(int descriptor, const std::string& text) {
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) throw internal_error("cannot write the answer of a trial");
    if (count > 0) written += static_cast<size_t>(count);
  }
}

// Runs `work` in the way in which plugins are tried, and tells the host what came of it.
template <typename Work>
void serve(Work&& work) {
  const rlimit no_core = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &no_core);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);  // a plugin that hangs is not to outlive the host
  const std::unique_ptr<ScratchFile> record = take_record();
  const int answer = take_output();
  limit_memory();
  std::string text;
  try {
    CallRecorder recorder(*record);
    work(recorder);
    text = good_answer(keep_record(recorder, *record));
  } catch (const Error& error) {
    text = answer_of(error);
  }
  write_all(answer, text);
  close(answer);
}

}  // namespace

void serve_trial(const SessionOptions& options, TrialScope scope) {
  serve([&](CallRecorder& recorder) {
    const CallWatch watch(load_recipe(options.recipe, options.overrides).runtime.trace_timeout);
    try_plan(options, scope, recorder);
  });
}

void serve_smoke_trial(const SmokeOptions& options) {
  serve([&](CallRecorder& recorder) {
    const CallWatch watch(Recipe().runtime.trace_timeout);
    try_smoke_case(options, recorder);
  });
}

}  // namespace vernier::core
