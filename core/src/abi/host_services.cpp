#include "abi/host_services.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "abi/call_scope.h"
#include "vernier/core/shown_text.h"

namespace vernier::core {

namespace {

// The sessions of the process, for what a plugin does on a thread of its own.
struct Sessions {
  std::mutex mutex;
  std::vector<HostServices*> all;
};
Sessions& sessions() {
  static auto& found = *new Sessions;  // a plugin's thread may log until the process ends
  return found;
}

std::optional<Error>& error_object() {
  thread_local std::optional<Error> outside;
  CallScope* scope = CallScope::current();
  return scope == nullptr ? outside : scope->error();
}

}  // namespace

HostServices::HostServices(ThreadPool& pool, const RunControl& control) : pool_(pool), control_(control) {
  const std::lock_guard lock(sessions().mutex);
  sessions().all.push_back(this);
}

Device& HostServices::device() const {
  if (device_ == nullptr) throw internal_error("a tensor pass was asked for before there is a device");
  return *device_;
}

HostServices::~HostServices() {
  const std::lock_guard lock(sessions().mutex);
  std::erase(sessions().all, this);
}

void HostServices::log(int32_t level, const std::string& id, std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    lines_.push_back({level, id, std::string(text)});
  }
  show_line(level, id, text);
}

std::vector<LogLine> HostServices::lines_from(size_t count) const {
  const std::lock_guard lock(mutex_);
  return {lines_.begin() + static_cast<ptrdiff_t>(std::min(count, lines_.size())), lines_.end()};
}

size_t HostServices::line_count() const {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

void HostServices::with_current(const std::function<void(HostServices*)>& use) {
  if (const CallScope* scope = CallScope::current()) return use(scope->services());
  const std::lock_guard lock(sessions().mutex);
  use(sessions().all.size() == 1 ? sessions().all.front() : nullptr);
}

void HostServices::call(const std::string& plugin, const std::string& where,
                        const std::function<vernier_status()>& function) {
  control_.check();
  CallScope scope(this, plugin.c_str(), where.c_str());
  const vernier_status status = function();
  control_.check();  // whatever the plugin made of the stop that its calls reported
  if (status == VERNIER_OK) return;
  const Error error = take_error(status);
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  Diagnostic& first = diagnostics.front();
  const std::string here =
      where.empty() ? fmt::format("plugin {}", plugin) : fmt::format("{} (plugin {})", where, plugin);
  // The innermost place is the telling one; outer calls only fill what is still empty.
  if (first.where.empty())
    first.where = here;
  else if (first.where.find("(plugin ") == std::string::npos)
    first.where += fmt::format(", in {}", here);
  throw Error(error.kind(), std::move(diagnostics)).with(error.status());
}

void show_line(int32_t level, const std::string& id, std::string_view text) {
  const auto level_shown = level >= VERNIER_LOG_ERROR     ? spdlog::level::err
                           : level >= VERNIER_LOG_WARNING ? spdlog::level::warn
                           : level >= VERNIER_LOG_INFO    ? spdlog::level::info
                                                          : spdlog::level::debug;
  // A line of its own for each, so that no text passes for a line of the host.
  const std::string lines = shown_lines(text, core::shown(id) + ": ");
  for (size_t begin = 0, end = 0; end != lines.npos; begin = end + 1) {
    end = lines.find('\n', begin);
    spdlog::log(level_shown, "{}", std::string_view(lines).substr(begin, end - begin));
  }
}

vernier_status record_error(const Error& error) {
  std::optional<Error>& pending = error_object();
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  if (pending) {
    for (const Diagnostic& cause : pending->diagnostics())
      diagnostics.push_back({"caused by: " + cause.what, cause.where, cause.hint});
  }
  const ErrorKind kind = pending ? pending->kind() : error.kind();
  pending = Error(kind, std::move(diagnostics)).with(error.status());
  return error.status();
}

void clear_error() { error_object().reset(); }

Error take_error(vernier_status code) {
  std::optional<Error>& pending = error_object();
  Error error = pending ? std::move(*pending)
                        : plugin_error(fmt::format("a plugin failed with status {} and said nothing", code));
  pending.reset();
  const bool is_known = code > VERNIER_OK && code <= VERNIER_DATA_DEPENDENT;
  return std::move(error).with(is_known ? code : VERNIER_INTERNAL);
}

vernier_status fail(vernier_status code, std::string text) {
  // Bytes that do not mean what they should are the file's fault, not the plugin's.
  Error error = code == VERNIER_DATA_LOSS ? data_error(std::move(text)) : plugin_error(std::move(text));
  return record_error(std::move(error).with(code));
}

}  // namespace vernier::core
