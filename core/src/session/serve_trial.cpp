#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <new>
#include <thread>

#include "abi/call_scope.h"
#include "process/in_handler.h"
#include "session/pipeline.h"
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

std::string try_plan(const SessionOptions& options, TrialScope scope) {
  try {
    const CallWatch watch(load_recipe(options.recipe, options.overrides).runtime.trace_timeout);
    SessionOptions shapes_only = options;
    shapes_only.device = &make_reference_device;
    Pipeline run(shapes_only);
    const std::vector<Graph> planned = run.trace();
    if (scope == TrialScope::kPlan) run.refuse_exports(planned);
    return good_answer();
  } catch (const Error& error) {
    return answer_of(error);
  }
}

void write_all(int descriptor, const std::string& text) {
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) throw internal_error("cannot write the answer of a trial");
    if (count > 0) written += static_cast<size_t>(count);
  }
}

}  // namespace

void serve_trial(const SessionOptions& options, TrialScope scope) {
  const rlimit no_core = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &no_core);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);  // a plugin that hangs is not to outlive the host
  const int answer = take_output();
  limit_memory();
  write_all(answer, try_plan(options, scope));
  close(answer);
}

}  // namespace vernier::core
