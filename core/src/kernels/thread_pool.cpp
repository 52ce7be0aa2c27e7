#include "kernels/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <mutex>
#include <thread>

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
    if (error_) std::rethrow_exception(error_);
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

}  // namespace

struct ThreadPool::Workers {
  explicit Workers(int count) : pool(static_cast<std::size_t>(count)) {}
  boost::asio::thread_pool pool;
};

ThreadPool::ThreadPool(int threads)
    : threads_(threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {
  if (threads_ > 1) workers_ = std::make_unique<Workers>(threads_ - 1);
}

ThreadPool::~ThreadPool() {
  if (workers_) workers_->pool.join();
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
  for (int64_t i = 0; i < helpers; ++i) boost::asio::post(workers_->pool, [loop] { loop->work(); });
  loop->work();
  loop->wait();
}

}  // namespace vernier::core
