#include "process/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "vernier/core/error.h"

extern char** environ;

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;

constexpr std::chrono::milliseconds kTurn{50};  // between two looks at whether somebody wants to stop

// A process that does not outlive this object.
struct Child {
  Child() = default;
  ~Child() {
    for (int end : {output, errors}) {
      if (end >= 0) close(end);
    }
    if (pid <= 0) return;
    (void)end_group();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Ends the whole group, the program's own children with it, and says how the program itself ended. The
  // number is the group's until here, because the program is waited for after it.
  int end_group() {
    int status = 0;
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    pid = -1;
    return status;
  }

  pid_t pid = -1;  // and its group's
  int output = -1;
  int errors = -1;
};

// Both ends are closed where the process starts another program.
struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw internal_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  ~Pipe() {
    for (int end : ends) {
      if (end >= 0) close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int take_reading_end() { return std::exchange(ends[0], -1); }

  std::array<int, 2> ends{-1, -1};
};

void start(Child& child, const ChildCall& call) {
  Pipe output, errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  if (call.keeps_errors)
    posix_spawn_file_actions_adddup2(&actions, errors.ends[1], STDERR_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // Last, since a number there may be that of an end of a pipe here.
  for (const auto& [ours, there] : call.descriptors) posix_spawn_file_actions_adddup2(&actions, ours, there);
  std::vector<char*> argv;
  argv.reserve(call.arguments.size() + 1);
  for (const std::string& argument : call.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // In a group of its own: the terminal's Ctrl-C is for the host, which decides what becomes of the child.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int failed = posix_spawn(&child.pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    child.pid = -1;
    throw internal_error(fmt::format("cannot start {}: {}", call.arguments[0], std::strerror(failed)));
  }
  child.output = output.take_reading_end();
  if (call.keeps_errors) child.errors = errors.take_reading_end();
}

// The first `most` bytes, or the last ones.
void keep(std::string& kept, const char* bytes, size_t count, size_t most, bool keeps_last) {
  if (!keeps_last) {
    kept.append(bytes, std::min(count, most - std::min(most, kept.size())));
    return;
  }
  kept.append(bytes, count);
  if (kept.size() > most) kept.erase(0, kept.size() - most);
}

// Reads what the child says until it closes its ends. False when the time is up before.
bool read_until_closed(Child& child, const ChildCall& call, Deadline deadline, const RunControl& control,
                       ChildEnd& end) {
  std::array<char, 4096> buffer;
  while (child.output >= 0 || child.errors >= 0) {
    if (deadline && Clock::now() >= *deadline) return false;
    control.check();
    std::array<pollfd, 2> waits{pollfd{child.output, POLLIN, 0}, pollfd{child.errors, POLLIN, 0}};
    if (poll(waits.data(), waits.size(), static_cast<int>(kTurn.count())) <= 0) continue;
    for (size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      const ssize_t got = read(waits[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        keep(i == 0 ? end.output : end.errors, buffer.data(), static_cast<size_t>(got), call.kept_bytes,
             i != 0);
      } else {
        close(std::exchange(i == 0 ? child.output : child.errors, -1));
      }
    }
  }
  return true;
}

// False when the time is up before it ends. It may have closed its output and hang all the same.
bool wait_until(const Child& child, Deadline deadline, const RunControl& control) {
  for (std::chrono::milliseconds pause{1};; pause = std::min(pause * 2, kTurn)) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == child.pid)
      return true;
    control.check();
    if (deadline && Clock::now() >= *deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

fs::path program_beside(const std::string& name) {
  const fs::path folder = boost::dll::program_location().parent_path().string();
  for (const fs::path& candidate :
       {folder / name, folder / ".." / "bin" / name, folder / ".." / "libexec" / "vernier" / name}) {
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
  }
  return {};
}

std::optional<ChildEnd> run_child(const ChildCall& call, Deadline deadline, const RunControl& control) {
  Child child;
  start(child, call);
  ChildEnd end;
  if (!read_until_closed(child, call, deadline, control, end) || !wait_until(child, deadline, control))
    return std::nullopt;
  end.status = child.end_group();
  return end;
}

}  // namespace vernier::core
