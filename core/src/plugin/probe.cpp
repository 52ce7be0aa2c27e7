#include "plugin/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "file/atomic_file.h"
#include "text/quote.h"
#include "vernier/abi/entry.h"
#include "vernier/core/error.h"

extern char** environ;

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaximumAnswer = 2000;
constexpr int kFaultOrMachine = 2;  // exit code of vernier-probe
constexpr int kImage = 3;           // the descriptor by which vernier-probe gets the library

// Beside the program in a build folder, in libexec when installed; empty where there is none.
fs::path probe_program() {
  const fs::path folder = boost::dll::program_location().parent_path().string();
  for (const fs::path& candidate :
       {folder / "vernier-probe", folder / ".." / "libexec" / "vernier" / "vernier-probe"}) {
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
  }
  return {};
}

constexpr std::chrono::milliseconds kTurn{50};  // between two looks at whether somebody wants to stop

// Reads what the child says until it closes its end. False when the time is up before.
bool read_until_closed(int descriptor, Clock::time_point deadline, const RunControl& control,
                       std::string& text) {
  char buffer[512];
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    control.check();
    pollfd wait = {descriptor, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, kTurn.count()))) <= 0) continue;
    const ssize_t got = read(descriptor, buffer, sizeof(buffer));
    if (got <= 0) return true;
    if (text.size() < kMaximumAnswer) text.append(buffer, static_cast<size_t>(got));
  }
}

// How the child ended; nothing when the time is up before. It may have closed its output and hang all the
// same.
std::optional<int> wait_until(pid_t pid, Clock::time_point deadline, const RunControl& control) {
  int status = 0;
  for (std::chrono::milliseconds pause{1};; pause = std::min(pause * 2, kTurn)) {
    if (waitpid(pid, &status, WNOHANG) == pid) return status;
    control.check();
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

bool comes_from_outside(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT || signal == SIGKILL;
}

// A process that does not outlive this object.
struct Child {
  Child() = default;
  ~Child() {
    if (output >= 0) close(output);
    if (pid <= 0) return;
    kill(-pid, SIGKILL);  // its whole group, and the library's own children with it
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid = -1;  // and its group's
  int output = -1;
};

void start(Child& child, const std::vector<std::string>& arguments, int image) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw internal_error("cannot make a pipe for the plugin probe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, image, kImage);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // In a group of its own: the terminal's Ctrl-C is for the host, which decides what becomes of the child.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int failed = posix_spawn(&child.pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  child.output = ends[0];
  if (failed == 0) return;
  child.pid = -1;
  throw internal_error(
      fmt::format("cannot start the plugin probe {}: {}", arguments[0], std::strerror(failed)));
}

std::string cache_key(const Candidate& candidate) {
  return fmt::format("{}/abi{}.{}", candidate.sha256, VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR);
}

}  // namespace

ProbeResult probe(const LibraryImage& image, const Manifest& manifest, std::chrono::milliseconds limit,
                  const RunControl& control) {
  const fs::path program = probe_program();
  if (program.empty())
    return {{}, /*lasting=*/false};  // a host linked into another program: the library is loaded untried
  std::vector<std::string> arguments = {program.string(), std::to_string(kImage), image.file().string()};
  for (const ComponentInfo& info : manifest.components) {
    arguments.push_back("vernier." + info.kind + "/1");
    arguments.push_back(info.name);
  }
  const Clock::time_point deadline = Clock::now() + limit;
  Child child;
  start(child, arguments, image.descriptor());
  std::string said;
  std::optional<int> status;
  if (read_until_closed(child.output, deadline, control, said))
    status = wait_until(child.pid, deadline, control);
  if (!status) {
    return {
        fmt::format("timed out after {} s while it was tried", std::chrono::duration<double>(limit).count())};
  }
  child.pid = -1;  // it has ended and was waited for
  if (WIFSIGNALED(*status)) {
    const int signal = WTERMSIG(*status);
    return {fmt::format("{} ({}) while it was tried", comes_from_outside(signal) ? "was ended" : "crashed",
                        strsignal(signal)),
            !comes_from_outside(signal)};
  }
  const int code = WEXITSTATUS(*status);
  if (code == 0 && said == "ok") return {};
  if (said.empty() || said == "ok")
    return {fmt::format("ended the process with exit code {} while it was tried", code)};
  return {one_line(said), code != kFaultOrMachine};
}

fs::path ProbeCache::default_file() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    return fs::path(cache) / "vernier" / "probe.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "vernier" / "probe.json";
  return {};
}

ProbeCache::ProbeCache(fs::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  if (!in) return;
  const nlohmann::json kept = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!kept.is_object()) return;
  for (const auto& [key, reason] : kept.items()) {
    if (reason.is_string()) verdicts_[key] = reason.get<std::string>();
  }
}

std::string ProbeCache::verdict(const Candidate& candidate, const RunControl& control) {
  const std::string key = cache_key(candidate);
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end())
    return known->second.empty()
               ? ""
               : fmt::format("{} (remembered in {}; delete it to try again)", known->second, file_.string());
  const ProbeResult result = probe(*candidate.image, *candidate.manifest, std::chrono::seconds(10), control);
  if (!result.lasting) return result.reason;
  verdicts_[key] = result.reason;
  changed_ = true;
  return result.reason;
}

void ProbeCache::save() const {
  if (!changed_ || file_.empty()) return;
  try {
    AtomicFile out(file_);
    out.write(nlohmann::json(verdicts_).dump(1) + "\n");
    out.commit();
  } catch (const Error&) {
    // Without a cache the libraries are tried again next time.
  }
}

}  // namespace vernier::core
