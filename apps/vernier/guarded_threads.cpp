// pthread_create() as every library of the process finds it: LibTorch's and the plugins' threads get a second
// stack too, so that an overflow of theirs is a crash with a name. See exit_guard.cpp for how this comes
// first.
#include "vernier/core/process.h"
#include "vernier/core/sanitized.h"

#ifndef VERNIER_SANITIZED

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <memory>
#include <new>

namespace {

using Body = void* (*)(void*);

struct Start {
  Body body;
  void* argument;
};

extern "C" void* run_guarded_thread(void* given) {
  const Start start = *std::unique_ptr<Start>(static_cast<Start*>(given));
  vernier::core::guard_thread();
  return start.body(start.argument);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes,
                                                                     Body body, void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, Body, void*);
  static const auto real = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (real == nullptr) return EAGAIN;
  std::unique_ptr<Start> start(new (std::nothrow) Start{body, argument});
  if (start == nullptr) return EAGAIN;
  const int failure = real(thread, attributes, &run_guarded_thread, start.get());
  if (failure == 0) (void)start.release();
  return failure;
}

#endif
