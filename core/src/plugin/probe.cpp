#include "plugin/probe.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "file/atomic_file.h"
#include "process/child.h"
#include "text/quote.h"
#include "vernier/abi/entry.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFaultOrMachine = 2;  // exit code of vernier-probe
constexpr int kImage = 3;           // the descriptor by which vernier-probe gets the library

bool comes_from_outside(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT || signal == SIGKILL;
}

std::string cache_key(const Candidate& candidate) {
  return fmt::format("{}/abi{}.{}", candidate.sha256, VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR);
}

}  // namespace

ProbeResult probe(const LibraryImage& image, const Manifest& manifest, std::chrono::milliseconds limit,
                  const RunControl& control) {
  const fs::path program = program_beside("vernier-probe");
  if (program.empty())
    return {{}, /*lasting=*/false};  // a host linked into another program: the library is loaded untried
  std::vector<std::string> arguments = {program.string(), std::to_string(kImage), image.file().string()};
  for (const ComponentInfo& info : manifest.components) {
    arguments.push_back(abi_kind(info.kind));
    arguments.push_back(info.name);
  }
  const std::optional<ChildEnd> end =
      run_child({std::move(arguments), {{image.descriptor(), kImage}}}, Clock::now() + limit, control);
  if (!end) {
    return {
        fmt::format("timed out after {} s while it was tried", std::chrono::duration<double>(limit).count()),
        /*lasting=*/false};  // a busy machine, or a disk that sleeps
  }
  if (WIFSIGNALED(end->status)) {
    const int signal = WTERMSIG(end->status);
    return {fmt::format("{} ({}) while it was tried", comes_from_outside(signal) ? "was ended" : "crashed",
                        strsignal(signal)),
            !comes_from_outside(signal)};
  }
  const int code = WEXITSTATUS(end->status);
  if (code == 0 && end->output == "ok") return {};
  if (end->output.empty() || end->output == "ok")
    return {fmt::format("ended the process with exit code {} while it was tried", code)};
  return {one_line(end->output), code != kFaultOrMachine};
}

fs::path ProbeCache::default_file() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    return fs::path(cache) / "vernier" / "probe.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "vernier" / "probe.json";
  return {};
}

// Anything may lie there: a pipe would wait for ever, a folder opens and cannot be read.
ProbeCache::ProbeCache(fs::path file) : file_(std::move(file)) {
  std::error_code error;
  const fs::file_status status = fs::status(file_, error);
  if (file_.empty() || status.type() == fs::file_type::not_found) return;
  const auto ignore = [&](const char* why) {
    spdlog::warn("{} is ignored: {}; what was learned of plugins is not remembered",
                 in_quotes(file_.string()), why);
    file_.clear();
  };
  if (!fs::is_regular_file(status)) {
    ignore("it is not a file");
    return;
  }
  std::ifstream in(file_);
  if (!in) {
    ignore("it cannot be read");
    return;
  }
  const nlohmann::json kept = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!kept.is_object()) return;  // damaged: it is written anew
  for (const auto& [key, reason] : kept.items()) {
    if (reason.is_string()) verdicts_[key] = reason.get<std::string>();
  }
}

std::string ProbeCache::verdict(const Candidate& candidate, const RunControl& control) {
  const std::string key = cache_key(candidate);
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end())
    return known->second.empty()
               ? ""
               : fmt::format("{} (remembered in {}; delete it to try again)", known->second, file_.string());
  const ProbeResult result = probe(*candidate.image, *candidate.manifest, std::chrono::seconds(10), control);
  if (!result.lasting) return result.reason;
  verdicts_[key] = result.reason;
  changed_ = true;
  return result.reason;
}

void ProbeCache::save() const {
  if (!changed_ || file_.empty()) return;
  try {
    AtomicFile out(file_);
    out.write(nlohmann::json(verdicts_).dump(1) + "\n");
    out.commit();
  } catch (const Error&) {
    // Without a cache the libraries are tried again next time.
  }
}

}  // namespace vernier::core
