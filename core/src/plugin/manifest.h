// A plugin's manifest as the host keeps it. Read from the library's section ".vernier" before any of its code
// runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/smoke_case.h"
#include "vernier/core/json_value.h"

namespace vernier::core {

// A named way into a wrapper, with the names of its inputs in call order. One that ends in "*" stands for as
// many as the config says, see entry_names.h.
struct EntryInfo {
  std::string name;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;  // names; empty: they have none
};

struct ComponentInfo {
  std::string kind;  // "wrapper", "observer", "backend", "stage", "executor", "processor", "program"
  std::string name;  // unique within its plugin and kind
  std::string summary;
  std::vector<std::string> types;        // wrapper: the module types it serves
  std::vector<EntryInfo> entries;        // wrapper: at least "forward"
  std::vector<std::string> config_keys;  // wrapper: pointers to config keys that it reads only sometimes
  std::vector<SmokeCase> smoke;          // wrapper: how it is tried without a model
  JsonValue options;  // JSON Schema (draft 7) of the component's options; an empty object schema when absent
  std::vector<std::string> ops;     // backend: graph ops it can write
  std::vector<std::string> dtypes;  // backend: code types it can write
  std::vector<std::string> files;   // executor: ends of the names of the files it can run, such as ".circle"
  std::vector<std::string> models;  // program: architectures of config.json that it is for
  std::string profile;              // backend: the consumer profile of its files; empty: none
  std::string format_profile;       // backend: the profile whose lowering holds where the consumer's has none
  bool writes_sets = false;         // backend: several graphs in one file
  bool writes_blocks = false;       // backend: codes with a scale for each block
  bool has_open_extents = false;    // backend: it writes files, executor: it runs files, of open extents
  // Observer: one that sees a tensor in pieces, one after the other, gives the qparams of the whole.
  bool takes_pieces = false;
  // Observer: the qparams of a channel depend on that channel's elements alone, so each of several observers
  // may see some of the channels.
  bool has_independent_channels = false;
  // Observer: what its save and load keep, so that it goes on where another with the same word was; "none":
  // samples do not matter to it. Empty: nothing can be kept.
  std::string state;
  // Observer: "tensor", "channel", "block": what it gives scales for; empty: all that its ABI knows.
  std::vector<std::string> granularities;

  // Null where the wrapper has none of that name.
  [[nodiscard]] const EntryInfo* entry(std::string_view wanted) const;
};

struct Manifest {
  std::string id;       // reverse-URI: "org.example.family"
  std::string version;  // semantic version
  std::string license;
  std::string summary;
  uint32_t abi_major = 0;
  uint32_t abi_minor = 0;
  uint32_t minimum_host_minor = 0;
  std::vector<ComponentInfo> components;
};

// The id of the struct that components of a kind have: "vernier.wrapper/1"; of contracts that are drafts
// still, the draft's.
[[nodiscard]] std::string abi_kind(const std::string& kind);

// Parses and checks the manifest's JSON against manifest.schema.json. Throws Error (kPlugin) that says what
// is wrong.
Manifest parse_manifest(std::string_view json);

}  // namespace vernier::core
