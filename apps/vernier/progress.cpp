#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "vernier/core/shown_text.h"

namespace vernier::app {

namespace {

constexpr double kBetween = 0.1;            // seconds between two counts
constexpr double kSilent = 1;               // a phase that is over so soon shows no count
constexpr const char* kErase = "\r\033[K";  // ECMA-48: erase to the end of the line

double now_in_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int columns_of(std::FILE* file) {
  winsize size{};
  return ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::max(seconds, 0.0) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

// 3 digits: 0.42, 4.2, 42, 4200.
std::string rate(double each_second) {
  if (each_second >= 10) return fmt::format("{:.0f}", each_second);
  return fmt::format("{:.2g}", each_second);
}

template <typename T>
nlohmann::json known(bool is_known, const T& value) {
  return is_known ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace

ProgressForm progress_form(std::FILE* file) {
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(::fileno(file)) != 0 && !is_dumb ? ProgressForm::kTerminal : ProgressForm::kLines;
}

ProgressView::ProgressView(ProgressForm form, std::FILE* file)
    : ProgressView(form, file, now_in_seconds, columns_of(file)) {}

ProgressView::ProgressView(ProgressForm form, std::FILE* file, Clock clock, int columns)
    : form_(form), file_(file), clock_(std::move(clock)), columns_(columns) {}

ProgressView::~ProgressView() { clear(); }

void ProgressView::show(const core::Progress& progress) {
  if (form_ == ProgressForm::kNone) return;
  const double now = clock_();
  if (phase_ != progress.phase) {
    phase_ = progress.phase;
    phase_began_ = now;
    shown_ = -1;
  }
  if (form_ == ProgressForm::kEvents) return show_event(progress, now);
  if (!progress.text.empty()) {
    clear();
    put(fmt::format("{}\n", progress.text));
  }
  if (form_ == ProgressForm::kTerminal && progress.done != 0) show_count(progress, now);
}

double ProgressView::seconds_left(const core::Progress& progress, double now) const {
  if (progress.done == 0 || progress.total < progress.done) return -1;
  const double left = static_cast<double>(progress.total - progress.done);
  return (now - phase_began_) * left / static_cast<double>(progress.done);
}

void ProgressView::show_count(const core::Progress& progress, double now) {
  if (progress.done == progress.total) return clear();
  const double passed = now - phase_began_;
  if (passed < kSilent || (shown_ >= 0 && now - shown_ < kBetween)) return;
  shown_ = now;
  std::string line = fmt::format("  {}", progress.done);
  if (progress.total != 0) line += fmt::format(" of {}", progress.total);
  line += fmt::format(" {}, {} a second", progress.unit, rate(static_cast<double>(progress.done) / passed));
  if (const double left = seconds_left(progress, now); left >= 0) line += ", " + duration(left) + " left";
  // A longer one would begin a second line, which nobody erases.
  line.resize(std::min(line.size(), static_cast<size_t>(std::max(columns_ - 1, 0))));
  put(kErase + line);
  is_line_open_ = true;
}

void ProgressView::show_event(const core::Progress& progress, double now) {
  const bool is_count = progress.text.empty();
  if (is_count && progress.done != progress.total && shown_ >= 0 && now - shown_ < kBetween) return;
  if (is_count) shown_ = now;
  const double left = seconds_left(progress, now);
  const nlohmann::json event = {{"phase", progress.phase},
                                {"text", known(!is_count, progress.text)},
                                {"done", progress.done},
                                {"total", known(progress.total != 0, progress.total)},
                                {"unit", known(is_count, progress.unit)},
                                {"seconds", now - phase_began_},
                                {"seconds_left", known(left >= 0, left)}};
  // A path in a text may be no UTF-8.
  put(core::json_text(event) + "\n");
}

void ProgressView::clear() {
  if (is_line_open_) put(kErase);
  is_line_open_ = false;
}

void ProgressView::put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

const core::RunControl& controlled_by_signals(ProgressView& view) {
  auto& control = *new core::RunControl([&view](const core::Progress& progress) { view.show(progress); });
  core::stop_on_signals(control);
  return control;
}

}  // namespace vernier::app
