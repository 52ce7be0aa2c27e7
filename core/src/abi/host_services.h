// One session's side of the ABI: calls into plugins, the log, the thread pool of the kernels; and the error
// object of a call.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "vernier/abi/host.h"
#include "vernier/core/error.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

class Device;
class ThreadPool;

// A warning or note that a plugin logged, kept for the report.
struct LogLine {
  int32_t level;
  std::string plugin;
  std::string text;
};

class HostServices {
 public:
  // Both must outlive this.
  explicit HostServices(ThreadPool& pool, const RunControl& control = RunControl::none());
  ~HostServices();
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] ThreadPool& pool() const { return pool_; }

  [[nodiscard]] const RunControl& control() const { return control_; }
  // What the session's tensor passes run on, from when a model can run; it must outlive its use.
  void use_device(Device* device) { device_ = device; }
  // Null before that.
  [[nodiscard]] Device* find_device() const { return device_; }
  // Throws Error (kInternal) before that.
  [[nodiscard]] Device& device() const;

  // Shows a line of plugin `id` to the user and keeps it. [any thread]
  void log(int32_t level, const std::string& id, std::string_view text);
  [[nodiscard]] std::vector<LogLine> lines() const { return lines_from(0); }
  // All but the first `count` of them.
  [[nodiscard]] std::vector<LogLine> lines_from(size_t count) const;
  [[nodiscard]] size_t line_count() const;

  // Runs one call into a plugin. When it fails, throws what the plugin or the host recorded on the way, with
  // `where` and the plugin's id added, and the status that the plugin returned. Throws a stop instead, before
  // or after the call, where one is asked for.
  void call(const std::string& plugin, const std::string& where,
            const std::function<vernier_status()>& function);

  // The session whose plugin runs on this thread; on a plugin's own thread the one session that there is;
  // null where there are several. Calls `use(null or session)`; the session lives at least until it returns.
  // [any thread]
  static void with_current(const std::function<void(HostServices*)>& use);

 private:
  Device* device_ = nullptr;
  ThreadPool& pool_;
  const RunControl& control_;
  mutable std::mutex mutex_;  // guards lines_: plugins may log from any thread
  std::vector<LogLine> lines_;
};

// A line of a plugin that belongs to no session: shown, and kept nowhere. [any thread]
void show_line(int32_t level, const std::string& id, std::string_view text);

// The error object of the call that this thread runs, or of the thread outside a call. `record_error` puts an
// earlier error behind the new one as its cause and returns the status of the new one.
vernier_status record_error(const Error& error);
void clear_error();
// What was recorded, or an error that names the bare status. Its status is `code`, or VERNIER_INTERNAL where
// this host does not know that.
[[nodiscard]] Error take_error(vernier_status code);

// Records and returns `code`.
vernier_status fail(vernier_status code, std::string text);

// Body of an interface function: nothing thrown crosses the ABI, everything thrown is recorded. Returns the
// status that the Error carries.
template <typename Body>
vernier_status answer(Body&& body) noexcept {
  try {
    body();
    return VERNIER_OK;
  } catch (const Error& error) {
    return record_error(error);
  } catch (const std::bad_alloc&) {
    return fail(VERNIER_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return fail(VERNIER_INTERNAL, error.what());
  } catch (...) {
    return fail(VERNIER_INTERNAL, "an exception of unknown type");
  }
}

inline std::string_view to_view(vernier_string text) { return {text.data, static_cast<size_t>(text.length)}; }
inline vernier_string to_abi(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace vernier::core
