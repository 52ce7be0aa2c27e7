#include "plugin/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "file/atomic_file.h"
#include "vernier/abi/entry.h"
#include "vernier/core/error.h"

extern char** environ;

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kTimeLimit{10};
constexpr size_t kMaximumText = 2000;

// Beside the program in a build folder, in libexec when installed; empty where there is none.
fs::path probe_program() {
  const fs::path folder = boost::dll::program_location().parent_path().string();
  for (const fs::path& candidate : {folder / "vernier-probe", folder / ".." / "libexec" / "vernier" / "vernier-probe"}) {
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
  }
  return {};
}

// Reads what the child says until it closes its end or the time is up. True when it closed.
bool read_until_closed(int descriptor, std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeLimit;
  char buffer[512];
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd wait = {descriptor, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t got = read(descriptor, buffer, sizeof(buffer));
    if (got <= 0) return true;
    if (text.size() < kMaximumText) text.append(buffer, static_cast<size_t>(got));
  }
}

struct Child {
  pid_t pid = -1;
  int output = -1;
};

Child start(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe(ends) != 0) throw internal_error("cannot make a pipe for the plugin probe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Child child;
  const int failed = posix_spawn(&child.pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  child.output = ends[0];
  if (failed != 0) {
    close(ends[0]);
    throw internal_error(fmt::format("cannot start the plugin probe {}: {}", arguments[0], std::strerror(failed)));
  }
  return child;
}

std::string cache_key(const Candidate& candidate) { return fmt::format("{}/abi{}.{}", candidate.sha256, VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR); }

}  // namespace

std::string probe(const fs::path& file, const Manifest& manifest) {
  const fs::path program = probe_program();
  if (program.empty()) return {};  // a host linked into another program: the library is loaded untried
  std::vector<std::string> arguments = {program.string(), file.string()};
  for (const ComponentInfo& info : manifest.components) {
    arguments.push_back("vernier." + info.kind + "/1");
    arguments.push_back(info.name);
  }
  const Child child = start(arguments);
  std::string said;
  const bool closed = read_until_closed(child.output, said);
  close(child.output);
  if (!closed) kill(child.pid, SIGKILL);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!closed) return fmt::format("timed out after {} s while it was tried", kTimeLimit.count());
  if (WIFSIGNALED(status)) return fmt::format("crashed ({}) while it was tried", strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) == 0 && said == "ok") return {};
  return said.empty() || said == "ok" ? fmt::format("ended the process with exit code {} while it was tried", WEXITSTATUS(status)) : said;
}

fs::path ProbeCache::default_file() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') return fs::path(cache) / "vernier" / "probe.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "vernier" / "probe.json";
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

std::string ProbeCache::verdict(const Candidate& candidate) {
  const std::string key = cache_key(candidate);
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end()) return known->second;
  const std::string reason = probe(candidate.file, *candidate.manifest);
  verdicts_[key] = reason;
  changed_ = true;
  return reason;
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
