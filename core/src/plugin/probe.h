// Tries a library in a child process before the host loads it: a crash there is a verdict, not the end of the
// host.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "plugin/discovery.h"

namespace vernier::core {

struct ProbeResult {
  std::string reason;   // why the library must not be loaded; empty when it may. UTF-8, one line
  bool lasting = true;  // follows from the library's content; else it may be another tomorrow: a missing
                        // dependency, a signal from outside
};

// Runs the probe program on `image`, whose manifest is known, for at most `limit`. "crashed (Segmentation
// fault)", "timed out after 10 s", or what the probe said. Throws Error (kInternal) when no process can be
// started; a stop where `control` asks for one, the process then ended.
ProbeResult probe(const LibraryImage& image, const Manifest& manifest,
                  std::chrono::milliseconds limit = std::chrono::seconds(10),
                  const RunControl& control = RunControl::none());

// Lasting results by content, kept in the user's cache folder, so that a library is probed once. A damaged
// cache counts as empty, one that cannot be written is no error; of one that is no file or cannot be read
// there is a warning.
class ProbeCache {
 public:
  // $XDG_CACHE_HOME/vernier/probe.json or ~/.cache/vernier/probe.json; without either nothing is kept.
  static std::filesystem::path default_file();
  explicit ProbeCache(std::filesystem::path file);

  // The reason why the library of `candidate` must not be loaded; empty when it may. Probes it when its
  // content is new.
  std::string verdict(const Candidate& candidate, const RunControl& control = RunControl::none());
  // Writes what was learned, atomically.
  void save() const;

 private:
  std::filesystem::path file_;
  std::map<std::string, std::string> verdicts_;  // content hash and ABI to reason; empty: usable
  bool changed_ = false;
};

}  // namespace vernier::core
