// Handles that survive being wrong. One space for the process: a handle is never equal to one of another
// tree, forward or session, and its kind, index and generation are checked at each use.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace vernier::core {

class GraphAccess;
class HostServices;
struct ModuleTree;
class RunResults;
class Tracer;
class SinkAccess;

enum class HandleKind : uint8_t {
  kValue = 1,
  kModule = 2,
  kParameter = 3,
  kSite = 4,
  kContext = 5,
  kGraph = 6,
  kSink = 7,
  kResults = 8
};

// Who answers for the handles of a kind.
template <HandleKind kKind>
struct HandleOwner {
  using type = ModuleTree;  // modules, parameters, sites
};
template <>
struct HandleOwner<HandleKind::kValue> {
  using type = Tracer;
};
template <>
struct HandleOwner<HandleKind::kContext> {
  using type = Tracer;
};
template <>
struct HandleOwner<HandleKind::kGraph> {
  using type = const GraphAccess;
};
template <>
struct HandleOwner<HandleKind::kSink> {
  using type = SinkAccess;
};
template <>
struct HandleOwner<HandleKind::kResults> {
  using type = RunResults;
};

// What a handle stands for.
struct HandleTarget {
  const void* owner = nullptr;
  uint32_t item = 0;                      // a number that the owner understands
  const HostServices* session = nullptr;  // where the handle is valid
};

// [any thread]
class HandleSpace {
  struct Slot;

 public:
  static HandleSpace& of_process();

  HandleSpace() = default;
  ~HandleSpace();
  HandleSpace(const HandleSpace&) = delete;
  HandleSpace& operator=(const HandleSpace&) = delete;

  // Keeps what a handle stands for from being released. Holding it while releasing the same handle is a
  // deadlock.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin();
    explicit operator bool() const { return slot_ != nullptr; }
    const HandleTarget& operator*() const;

   private:
    friend class HandleSpace;
    explicit Pin(Slot* slot) : slot_(slot) {}
    Slot* slot_ = nullptr;
  };

  // A slot is used again after `release`, but not its generation: a handle of before never fits again. Throws
  // Error (kInternal, VERNIER_OUT_OF_MEMORY) when there is no room.
  [[nodiscard]] uint64_t add(HandleKind kind, HandleTarget target);
  // Returns when nobody uses what the handle stood for.
  void release(uint64_t handle);
  // Empty where the handle is stale, invented or of another kind. Takes no lock.
  [[nodiscard]] Pin find(HandleKind kind, uint64_t handle) const;

 private:
  static constexpr uint32_t kChunk = 4096;
  static constexpr uint32_t kChunks = 4096;
  static constexpr uint32_t kLastGeneration = 0xffffff;

  struct Slot {
    std::atomic<uint64_t> handle{0};  // the live one, or 0
    std::atomic<uint32_t> pins{0};
    uint32_t generation = 1;  // guarded by mutex_
    HandleTarget target;      // written before `handle` is set, and when nobody pins it
  };
  [[nodiscard]] Slot* slot_at(uint32_t index) const;

  std::array<std::atomic<Slot*>, kChunks> chunks_{};
  std::mutex mutex_;  // guards the two below
  std::vector<uint32_t> free_;
  uint32_t used_ = 0;
};

// A handle that is valid as long as this object.
template <HandleKind kKind>
class Lease {
 public:
  using Owner = typename HandleOwner<kKind>::type;

  Lease() = default;
  // `owner` and `session` must outlive the lease.
  Lease(const HostServices& session, Owner& owner, uint32_t item = 0)
      : handle_(HandleSpace::of_process().add(kKind, {&owner, item, &session})) {}
  Lease(Lease&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Lease() {
    if (handle_ != 0) HandleSpace::of_process().release(handle_);
  }

  [[nodiscard]] uint64_t handle() const { return handle_; }

 private:
  uint64_t handle_ = 0;
};

// True where the calling thread may use handles of `session`: it is in a call of that session, or in none (a
// plugin's own thread).
[[nodiscard]] bool is_own_session(const HostServices* session);

// What a plugin's handle stands for, as long as this object.
template <HandleKind kKind>
class Found {
 public:
  using Owner = typename HandleOwner<kKind>::type;

  explicit Found(uint64_t handle)
      : pin_(HandleSpace::of_process().find(kKind, handle)),
        is_there_(static_cast<bool>(pin_) && is_own_session((*pin_).session)) {}

  // False where the handle is stale, foreign, of another kind or session.
  explicit operator bool() const { return is_there_; }
  [[nodiscard]] Owner& owner() const { return *static_cast<Owner*>(const_cast<void*>((*pin_).owner)); }
  [[nodiscard]] bool is_of(const Owner& owner) const { return is_there_ && (*pin_).owner == &owner; }
  [[nodiscard]] uint32_t item() const { return (*pin_).item; }

 private:
  HandleSpace::Pin pin_;
  bool is_there_;
};

}  // namespace vernier::core
