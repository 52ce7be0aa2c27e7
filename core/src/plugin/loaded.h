// Components of loaded plugin libraries, by kind: what those who call them hold.
#pragma once

#include <string>

#include "plugin/manifest.h"
#include "vernier/abi/backend.h"
#include "vernier/abi/draft/processor.h"
#include "vernier/abi/draft/program.h"
#include "vernier/abi/entry.h"
#include "vernier/abi/executor.h"
#include "vernier/abi/observer.h"
#include "vernier/abi/wrapper.h"

namespace vernier::core {

// A wrapper ready to be created: its library is loaded.
struct LoadedWrapper {
  const vernier_wrapper* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
  const ComponentInfo* info = nullptr;
};

// An observer ready to be created: its library is loaded.
struct LoadedObserver {
  const vernier_observer* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
  bool takes_pieces = false;                 // see plugin/manifest.h
  bool has_independent_channels = false;     // likewise
  std::string state{};                       // likewise; empty too where the library has no save and load
  std::string sha256{};                      // of the library
  uint32_t abi_minor = VERNIER_ABI_MINOR;    // that it was built with
  std::vector<std::string> granularities{};  // see plugin/manifest.h
};

struct LoadedBackend {
  const vernier_backend* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
  const ComponentInfo* info = nullptr;
};

// An executor ready to open files: its library is loaded.
struct LoadedExecutor {
  const vernier_executor* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
  std::string name;
  uint32_t abi_minor = VERNIER_ABI_MINOR;  // that it was built with
};

// A processor ready to be created, by the draft of its contract.
struct LoadedProcessor {
  const vernier_processor* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
};

// A program ready to be created, by the draft of its contract.
struct LoadedProgram {
  const vernier_program* table = nullptr;
  const vernier_host* host = nullptr;
  std::string plugin;
  const ComponentInfo* info = nullptr;
};

}  // namespace vernier::core
