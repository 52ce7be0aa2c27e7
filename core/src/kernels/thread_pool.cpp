#include "kernels/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <latch>
#include <mutex>
#include <thread>

namespace vernier::core {

struct ThreadPool::State {
  explicit State(int count) : threads(count), workers(static_cast<size_t>(std::max(count - 1, 1))) {}
  int threads;
  boost::asio::thread_pool workers;  // the calling thread works too
};

ThreadPool::ThreadPool(int threads)
    : state_(std::make_unique<State>(threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency())))) {}

ThreadPool::~ThreadPool() { state_->workers.join(); }

int ThreadPool::threads() const { return state_->threads; }

void ThreadPool::parallel_for(int64_t total, int64_t grain, const std::function<void(int64_t, int64_t, int64_t)>& body) {
  const int64_t chunks = total <= 0 ? 0 : (total + grain - 1) / grain;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto work = [&] {
    for (int64_t chunk = next++; chunk < chunks; chunk = next++) {
      try {
        body(chunk, chunk * grain, std::min((chunk + 1) * grain, total));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
    }
  };
  const auto helpers = std::min<int64_t>(state_->threads - 1, chunks - 1);
  if (helpers <= 0) {
    work();
  } else {
    std::latch done(helpers);
    for (int64_t i = 0; i < helpers; ++i) {
      boost::asio::post(state_->workers, [&] {
        work();
        done.count_down();
      });
    }
    work();
    done.wait();
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace vernier::core
