#include "kernels/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <latch>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// One parallel_for. Shared with the posted helpers, which may start only after the loop is over and must then
// find it so.
class Loop {
 public:
  Loop(int64_t begin, int64_t end, int64_t grain, int64_t chunks, const ThreadPool::Body& body)
      : begin_(begin), end_(end), grain_(grain), chunks_(chunks), pending_(chunks), body_(body) {}

  // Takes chunks in rising order until none is left.
  void work() {
    for (int64_t chunk = next_++; chunk < chunks_; chunk = next_++) {
      if (!stopped_.load(std::memory_order_relaxed)) run(chunk);
      if (--pending_ == 0) pending_.notify_all();
    }
  }

  void wait() {
    for (int64_t pending = pending_; pending != 0; pending = pending_) pending_.wait(pending);
    std::exception_ptr error;
    {
      // Taken from the helpers, which may let go of this loop while the caller still reads the exception.
      const std::lock_guard lock(mutex_);
      error.swap(error_);
    }
    if (error) std::rethrow_exception(std::move(error));
  }

 private:
  void run(int64_t chunk) {
    try {
      const int64_t first = begin_ + chunk * grain_;
      body_(first, first + std::min(grain_, end_ - first));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || chunk < failed_chunk_) {
        error_ = std::current_exception();
        failed_chunk_ = chunk;
      }
      stopped_ = true;
    }
  }

  const int64_t begin_, end_, grain_, chunks_;
  std::atomic<int64_t> next_{0};
  std::atomic<int64_t> pending_;
  std::atomic<bool> stopped_{false};
  const ThreadPool::Body& body_;  // the caller's; touched only while a chunk is pending
  std::mutex mutex_;              // guards the two below
  std::exception_ptr error_;
  int64_t failed_chunk_ = 0;
};

Error cannot_start(int threads, const std::system_error& error) {
  return usage_error(
      "a pool of " + std::to_string(threads) + " threads cannot be started: " + error.code().message(),
      "runtime.threads", "set it lower, or allow more memory and processes (ulimit -v, -u)");
}

}  // namespace

// The threads behind one or several pools, started when the first loop wants them. Not Boost.Asio's
// thread_pool: where a thread cannot be started, its constructor waits for the others without end.
class ThreadPool::Workers {
 public:
  explicit Workers(int threads) : threads_(threads) {}
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int threads() const { return threads_; }

  void post(std::function<void()> work) {
    start();
    boost::asio::post(context_, std::move(work));
  }

 private:
  void start() {
    const std::lock_guard lock(mutex_);
    if (!running_.empty()) return;
    context_.restart();
    more_to_come_.emplace(context_.get_executor());
    try {
      for (int i = 1; i < threads_; ++i) running_.emplace_back([this] { context_.run(); });
    } catch (const std::system_error& error) {
      stop();
      throw cannot_start(threads_, error);
    }
  }
  void stop() {
    more_to_come_.reset();
    for (std::thread& thread : running_) thread.join();
    running_.clear();
  }

  const int threads_;
  boost::asio::io_context context_;
  std::mutex mutex_;  // guards the two below
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> more_to_come_;
  std::vector<std::thread> running_;
};

namespace {

int count_of(int threads) {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

ThreadPool::ThreadPool(int threads) : ThreadPool(std::make_shared<Workers>(count_of(threads))) {}

ThreadPool::ThreadPool(std::shared_ptr<Workers> workers)
    : threads_(workers->threads()), workers_(std::move(workers)) {}

ThreadPool::~ThreadPool() = default;

std::unique_ptr<ThreadPool> ThreadPool::of_process(int threads) {
  static std::mutex mutex;
  static std::weak_ptr<Workers> present;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Workers> workers = present.lock();
  if (workers == nullptr) present = workers = std::make_shared<Workers>(count_of(threads));
  return std::unique_ptr<ThreadPool>(new ThreadPool(std::move(workers)));
}

void ThreadPool::require_threads() const {
  std::latch all_run(threads_);
  std::vector<std::thread> tried;
  const auto finish = [&] {
    all_run.count_down(threads_ - static_cast<int>(tried.size()));
    for (std::thread& thread : tried) thread.join();
  };
  try {
    while (static_cast<int>(tried.size()) + 1 < threads_)
      tried.emplace_back([&all_run] { all_run.arrive_and_wait(); });
  } catch (const std::system_error& error) {
    finish();
    throw cannot_start(threads_, error);
  }
  finish();
}

void ThreadPool::parallel_for(int64_t begin, int64_t end, int64_t grain, const Body& body) {
  if (begin >= end) return;
  const int64_t chunks = (end - begin - 1) / grain + 1;
  const int64_t helpers = std::min<int64_t>(chunks, threads_) - 1;
  if (team_ && helpers > 0) {
    Loop loop(begin, end, grain, chunks, body);
    team_(static_cast<int>(helpers + 1), [&loop] { loop.work(); });
    loop.wait();
    return;
  }
  const auto loop = std::make_shared<Loop>(begin, end, grain, chunks, body);
  for (int64_t i = 0; i < helpers; ++i) workers_->post([loop] { loop->work(); });
  loop->work();
  loop->wait();
}

}  // namespace vernier::core
