#include "vernier/core/plugins.h"

#include <map>
#include <mutex>
#include <optional>

#include "abi/call_scope.h"
#include "plugin/library.h"
#include "process/at_end.h"
#include "vernier/core/error.h"

namespace vernier::core {

// A library, or why there is none.
struct Outcome {
  std::unique_ptr<Library> library;
  std::optional<Error> verdict;
};

struct Plugins::State {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, Outcome> by_file;  // path and content hash
  std::vector<Library*> initialized;                               // in order
  bool is_over = false;
};

Plugins::Plugins() : state_(*new State) {}

Plugins& Plugins::of_process() {
  static auto& plugins = *new Plugins;
  return plugins;
}

const Library& Plugins::load(const CatalogPlugin& plugin, HostServices* session) {
  const std::lock_guard lock(state_.mutex);
  if (state_.is_over)
    throw plugin_error("the plugins of this process were shut down", plugin.manifest.id)
        .with(VERNIER_FAILED_PRECONDITION);
  Outcome& outcome = state_.by_file[{plugin.file.string(), plugin.sha256}];
  if (outcome.verdict) throw *outcome.verdict;
  if (outcome.library != nullptr) return *outcome.library;
  try {
    outcome.library = std::make_unique<Library>(plugin, session);
  } catch (const Error& error) {
    outcome.verdict = error;
    throw;
  }
  state_.initialized.push_back(outcome.library.get());
  // Again for each: what was registered last runs first, before the destructors that loading this one
  // registered.
  at_end([] { of_process().shut_down(); });
  return *outcome.library;
}

void Plugins::shut_down() noexcept {
  if (CallScope::any()) return;
  std::vector<Library*> libraries;
  {
    const std::lock_guard lock(state_.mutex);
    state_.is_over = true;
    libraries.swap(state_.initialized);
  }
  for (auto library = libraries.rbegin(); library != libraries.rend(); ++library) (*library)->shut_down();
}

}  // namespace vernier::core
