// Holds a module tree against its config and its checkpoint: keys that no wrapper read, tensors that no
// wrapper declared. Either makes another model than the one that was meant, without an error anywhere else.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "module/module_tree.h"
#include "plugin/catalog.h"
#include "text/config_reads.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct UnreadKey {
  std::string pointer;     // into the root module's config; nothing at or below it was read
  std::string recipe;      // where the recipe writes it: a pointer into the recipe; empty: config.json has it
  std::string checkpoint;  // where config.json has it: a pointer into config.json; empty: the recipe has it
  std::string name;        // its last token
  bool is_suggested = false;      // a preset writes it, for wrappers that read it
  std::vector<std::string> read;  // what was read of the object that it lies in
};

// A tensor that the checkpoint has although a config says that the module has none.
struct Contradiction {
  std::string tensor;
  std::string module;  // path
  std::string key;     // of the module's config; its value is false
};

// A parameter that the checkpoint stores twice, with different numbers: a head of its own beside the table
// that the config says it shares.
struct Untied {
  std::string tensor;  // that is read
  std::string other;   // that would be, without it
};

struct ConfigFindings {
  std::vector<UnreadKey> unread;
  std::vector<std::string> unused_tensors;  // below the recipe's module
  std::vector<Contradiction> contradictions;
  std::vector<Untied> untied;

  [[nodiscard]] nlohmann::json to_json(const Recipe& recipe) const;
};

// `config` is the root module's; `reads` saw all of the tree's creation. What the manifests of `catalog`
// declare counts as read. Throws Error (kUsage) with every key that the recipe writes and nobody read, each
// with its line:column and the nearest key that was read, unless runtime.strict is false: then it warns. Keys
// that a preset writes are for the wrappers that read them: no error.
[[nodiscard]] ConfigFindings check_config(const Recipe& recipe, const nlohmann::json& config,
                                          ConfigReads& reads, const ModuleTree& tree, const Catalog& catalog,
                                          const Checkpoint& checkpoint);

// For a tree that could not be made: adds the keys of the recipe that nobody read so far and that are close
// to one that is not there, which a wrapper may have missed. Returns the error with these.
[[nodiscard]] Error with_misspelt_keys(const Error& error, const Recipe& recipe, const nlohmann::json& config,
                                       const ConfigReads& reads);

}  // namespace vernier::core
