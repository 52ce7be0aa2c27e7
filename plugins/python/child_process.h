// A program that answers lines with lines, in a process of its own: a crash or a hang there is an error here.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vernier/error.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern char** environ;

namespace vernier::python {

class ChildProcess {
 public:
  // Starts argv[0], looked for in $PATH, without a shell. What it writes to standard error goes to the file
  // `errors`. Throws VERNIER_NOT_FOUND where there is no such program. The process group dies with this
  // object.
  ChildProcess(const std::vector<std::string>& argv, std::string errors)
      : errors_(std::move(errors)), name_(argv.front()) {
    int down[2], up[2];
    if (::pipe2(down, O_CLOEXEC) != 0)
      throw Error(VERNIER_INTERNAL, std::string("no pipe: ") + std::strerror(errno));
    if (::pipe2(up, O_CLOEXEC) != 0) {
      ::close(down[0]), ::close(down[1]);
      throw Error(VERNIER_INTERNAL, std::string("no pipe: ") + std::strerror(errno));
    }
    const int failure = spawn(argv, down[0], up[1]);
    ::close(down[0]), ::close(up[1]);
    to_ = down[1], from_ = up[0];
    if (failure == 0) return;
    ::close(to_), ::close(from_);
    throw Error(VERNIER_NOT_FOUND, "cannot start " + name_ + ": " + std::strerror(failure) +
                                       "; name a Python with the option \"python\" or $VERNIER_PYTHON");
  }
  ~ChildProcess() {
    ::close(to_), ::close(from_);
    if (process_ <= 0) return;
    ::kill(-process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void say(const std::string& line) {
    const std::string text = line + "\n";
    for (size_t done = 0; done < text.size();) {
      const ssize_t count = write_quietly(text.data() + done, text.size() - done);
      if (count < 0 && errno != EINTR) throw ended();
      if (count > 0) done += static_cast<size_t>(count);
    }
  }

  // The next line without its end. Throws where the process ended, was silent for `limit`, or the line is
  // absurdly long.
  std::string hear(std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const size_t found = buffer_.find('\n');
      if (found != std::string::npos) {
        std::string line = buffer_.substr(0, found);
        buffer_.erase(0, found + 1);
        return line;
      }
      if (buffer_.size() > kLongestLine) throw Error(VERNIER_DATA_LOSS, name_ + " answers without end");
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())
              .count();
      pollfd wait{from_, POLLIN, 0};
      const int ready = left <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, 60000)));
      if (ready == 0 && left <= 0)
        throw Error(VERNIER_DATA_LOSS,
                    name_ + " did not answer in " + std::to_string(limit.count()) + " s" + last_words());
      if (ready <= 0) continue;
      char chunk[65536];
      const ssize_t count = ::read(from_, chunk, sizeof(chunk));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw ended();
      buffer_.append(chunk, static_cast<size_t>(count));
    }
  }

 private:
  static constexpr size_t kLongestLine = size_t{1} << 26;

  int spawn(const std::vector<std::string>& argv, int in, int out) {
    std::vector<char*> words;
    words.reserve(argv.size() + 1);
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int failure = ::posix_spawnp(&process_, words[0], &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure != 0) process_ = -1;
    return failure;
  }

  // A write to a process that has ended must not end us as well.
  [[nodiscard]] ssize_t write_quietly(const char* data, size_t length) const {
    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    const ssize_t count = ::write(to_, data, length);
    const int failure = errno;
    // The signal also comes with a write that got through in part.
    const timespec now{0, 0};
    sigtimedwait(&pipe, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = failure;
    return count;
  }

  Error ended() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    std::string how = " ended";
    if (WIFEXITED(status)) how += " with exit code " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) how += std::string(" by the signal ") + ::strsignal(WTERMSIG(status));
    return Error(VERNIER_DATA_LOSS, name_ + how + last_words());
  }

  // The end of what it wrote to standard error.
  [[nodiscard]] std::string last_words() const {
    std::ifstream file(errors_, std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    std::string text = all.str();
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    if (text.size() > 600) text.erase(0, text.size() - 600);
    return text.empty() ? "" : ": " + text;
  }

  std::string errors_, name_, buffer_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
};

}  // namespace vernier::python
