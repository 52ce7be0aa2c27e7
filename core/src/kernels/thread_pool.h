// Shares loops among a fixed set of threads. The chunks of a loop depend on its bounds and grain alone, so a
// kernel that combines per-chunk results in chunk order gives the same bits for any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace vernier::core {

class ThreadPool {
 public:
  using Body = std::function<void(int64_t first, int64_t last)>;

  // `threads` counts the calling thread too; 0: as many as the hardware runs at once. A pool of its own: the
  // threads start with the first loop that wants them.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // A pool on the threads that all sessions of the process share. Their number is that of the first one, as
  // long as any of them lives: a later one gets that whatever it asks for, see threads().
  static std::unique_ptr<ThreadPool> of_process(int threads);

  [[nodiscard]] int threads() const { return threads_; }
  // Throws Error (kUsage) where the machine does not start that many: for before they are started by a
  // library that would end the process instead.
  void require_threads() const;

  // Runs `work` on `threads` threads at once, the caller among them, and returns when each is done.
  using Team = std::function<void(int threads, const std::function<void()>& work)>;
  // From now on, loops run on `team` instead of the pool's own threads: those of a maths library that lies in
  // wait between two calls would else hold the processors that the pool's threads want. Not while a loop
  // runs.
  void use_team(Team team) { team_ = std::move(team); }

  // Calls body(first, last) once for every chunk [begin + i*grain, begin + (i+1)*grain) cut at `end`, in any
  // order and at once, and returns when all are done. The caller works too, so a body may call parallel_for
  // of the same pool. `grain` >= 1. An exception stops the loop; of several, that of the lowest chunk is
  // rethrown. Throws Error (kUsage) where the threads cannot be started. [any thread]
  void parallel_for(int64_t begin, int64_t end, int64_t grain, const Body& body);

 private:
  class Workers;  // keeps Boost.Asio out of this header
  explicit ThreadPool(std::shared_ptr<Workers> workers);

  int threads_;
  std::shared_ptr<Workers> workers_;
  Team team_;
};

}  // namespace vernier::core
