// The real program as a process that a test watches: signals, seconds until it ends, what it printed, what it
// left.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_folder.h"

extern char** environ;

namespace vernier::test {

using Clock = std::chrono::steady_clock;

class Program {
 public:
  // `environment`: "NAME=value", added to the test's own. Output goes to files of `folder`.
  Program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::filesystem::path& folder)
      : output_(folder / "output.txt") {
    std::vector<std::string> words = {VERNIER_BINARY_DIR "/bin/vernier"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv, envp;
    for (std::string& word : words) argv.push_back(word.data());
    std::vector<std::string> added = environment;
    for (std::string& one : added) envp.push_back(one.data());
    for (char** one = environ; *one != nullptr; ++one) envp.push_back(*one);
    argv.push_back(nullptr), envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // as a terminal starts it
    posix_spawnattr_setpgroup(&attributes, 0);
    if (posix_spawn(&process_, argv[0], &actions, &attributes, argv.data(), envp.data()) != 0) process_ = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Program() {
    if (is_ended_ || process_ <= 0) return;
    send(SIGKILL);
    (void)wait(std::chrono::seconds(10));
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }
  void send(int signal) const { ::kill(process_, signal); }
  // To all of its process group, as the terminal does.
  void send_to_group(int signal) const { ::kill(-process_, signal); }

  // Its exit code, 128 and the signal where one ended it as its default action, or -1 where it still runs.
  int wait(std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    const auto end = Clock::now() + limit;
    for (int status = 0; !is_ended_;) {
      if (::waitpid(process_, &status, WNOHANG) == process_) {
        is_ended_ = true;
        by_default_ = WIFSIGNALED(status);
        code_ = by_default_ ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      } else if (Clock::now() > end) {
        return -1;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    return code_;
  }
  // True where the signal's default action ended it. After wait().
  [[nodiscard]] bool ended_by_default() const { return by_default_; }
  [[nodiscard]] std::string text() const { return read_file(output_); }

 private:
  std::filesystem::path output_;
  pid_t process_ = -1;
  bool is_ended_ = false, by_default_ = false;
  int code_ = -1;
};

// Waits until `file` is there; false where it is not after a minute.
inline bool appears(const std::filesystem::path& file) {
  for (const auto end = Clock::now() + std::chrono::seconds(60); Clock::now() < end;) {
    if (std::filesystem::exists(file)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// Every file below `folder` with its bytes.
inline std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& one : std::filesystem::recursive_directory_iterator(folder))
    files[one.path().lexically_relative(folder).string()] =
        one.is_regular_file() ? read_file(one.path()) : "a folder";
  return files;
}

}  // namespace vernier::test
