#include "session/config_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "recipe/recipe_source.h"
#include "text/json_pointer.h"
#include "text/nearest.h"
#include "text/quote.h"

namespace vernier::core {

namespace {

using nlohmann::json;

bool points_into_checkpoint(const json& value) {
  return value.is_string() && value.get_ref<const std::string&>().substr(0, 1) == "/";
}

// Walks the root's config and collects the topmost keys that nobody read.
class Walk {
 public:
  Walk(const Recipe& recipe, const ConfigReads& reads) : recipe_(recipe), reads_(reads) {}

  std::vector<UnreadKey> run(const json& config) {
    members(config, "");
    return std::move(unread_);
  }

 private:
  void members(const json& object, const std::string& pointer) {
    for (const auto& [key, value] : object.items()) visit(value, pointer, append_pointer(pointer, key));
  }

  void visit(const json& value, const std::string& parent, const std::string& pointer) {
    if (reads_.is_read_whole(pointer)) return;
    const bool is_read_below = reads_.is_read_below(pointer);
    if (!is_read_below && !reads_.is_read(pointer)) return add(parent, pointer);
    if (!is_read_below) return;
    if (value.is_object()) members(value, pointer);
    if (!value.is_array()) return;
    // An array is one value, but the keys of objects in it are keys.
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string element = append_pointer(pointer, i);
      if (value[i].is_object() && reads_.is_read_below(element)) members(value[i], element);
    }
  }

  void add(const std::string& parent, const std::string& pointer) {
    const std::vector<std::string> tokens = split_pointer(pointer);
    UnreadKey found;
    found.pointer = pointer;
    found.name = tokens.back();
    for (const std::string& one : reads_.members(parent))
      found.read.push_back(split_pointer("/" + one).at(0));
    const json& written = recipe_.model.config;
    const auto key = written.find(tokens.front());
    if (key == written.end())
      found.checkpoint = pointer;
    else if (tokens.size() > 1 && points_into_checkpoint(*key))
      found.checkpoint = key->get<std::string>() + pointer.substr(append_pointer("", tokens.front()).size());
    else
      found.recipe = "/model/config" + pointer;
    found.is_suggested = !found.recipe.empty() && recipe_.source->is_of_preset(found.recipe);
    unread_.push_back(std::move(found));
  }

  const Recipe& recipe_;
  const ConfigReads& reads_;
  std::vector<UnreadKey> unread_;
};

std::string what(const UnreadKey& key) {
  return fmt::format("no wrapper reads the config key {}", in_quotes(key.name));
}

std::string hint(const UnreadKey& key) {
  std::string close = did_you_mean(key.name, key.read);
  if (!close.empty()) return close;
  return key.read.empty() ? "nothing is read there; remove the key, or set runtime.strict to false"
                          : fmt::format("read there: {}; remove the key, or set runtime.strict to false",
                                        fmt::join(key.read, ", "));
}

std::vector<std::string> unused_tensors(const Recipe& recipe, const ModuleTree& tree,
                                        const Checkpoint& checkpoint) {
  std::set<std::string> used(tree.scalars.begin(), tree.scalars.end());
  for (const Parameter& parameter : tree.parameters) {
    if (!parameter.tensor.empty()) used.insert(parameter.tensor);
  }
  std::vector<std::string> unused;
  const std::string prefix = recipe.model.module.empty() ? "" : recipe.model.module + ".";
  for (const std::string& name : checkpoint.names()) {
    if (name.compare(0, prefix.size(), prefix) == 0 && used.count(name) == 0) unused.push_back(name);
  }
  return unused;
}

// Keys are named after what they switch: "bias", "mlp_bias", "attention_bias" after the tensor "bias".
bool switches(const std::string& key, const std::string& tensor) {
  return key == tensor || key.ends_with("_" + tensor);
}

std::vector<Contradiction> contradictions(const std::vector<std::string>& unused, const ModuleTree& tree) {
  std::vector<Contradiction> found;
  for (const std::string& tensor : unused) {
    const size_t dot = tensor.rfind('.');
    const std::string path = dot == std::string::npos ? "" : tensor.substr(0, dot);
    const std::string name = dot == std::string::npos ? tensor : tensor.substr(dot + 1);
    for (const Module& module : tree.modules) {
      if (module.path != path || !module.config->is_object()) continue;
      for (const auto& [key, value] : module.config->items()) {
        if (value.is_boolean() && !value.get<bool>() && switches(key, name))
          found.push_back({tensor, module.path, key});
      }
    }
  }
  return found;
}

// Config values that name a tensor name one that stands in for the module's own, of the same last name. Reads
// both where both are there.
std::vector<Untied> untied(const ModuleTree& tree, const Checkpoint& checkpoint) {
  std::vector<Untied> found;
  for (const Module& module : tree.modules) {
    if (!module.config->is_object()) continue;
    for (const auto& value : *module.config) {
      if (!value.is_string() || !checkpoint.contains(value.get_ref<const std::string&>())) continue;
      const std::string other = value,
                        own = module.path + other.substr(std::min(other.rfind('.'), other.size()));
      if (own == other || !checkpoint.contains(own)) continue;
      const Tensor x = checkpoint.tensor(own), y = checkpoint.tensor(other);
      const bool is_equal =
          x.dtype == y.dtype && x.shape == y.shape && std::memcmp(x.data, y.data, x.bytes()) == 0;
      if (!is_equal) found.push_back({own, other});
    }
  }
  return found;
}

void warn(const Recipe& recipe, const ConfigFindings& findings) {
  for (const UnreadKey& key : findings.unread) {
    if (key.recipe.empty() || key.is_suggested) continue;
    std::string close = did_you_mean(key.name, key.read);
    spdlog::warn("{}: {}{}", recipe.where(key.recipe), what(key), close.empty() ? "" : "; " + close);
  }
  for (const Contradiction& one : findings.contradictions)
    spdlog::warn("the checkpoint has the tensor {}, and the config of the module {} says {}: false",
                 one.tensor, one.module.empty() ? "<root>" : one.module, in_quotes(one.key));
  for (const Untied& one : findings.untied)
    spdlog::warn("the checkpoint has {} and {}, which the config ties, with different numbers: {} is read",
                 one.tensor, one.other, one.tensor);
}

}  // namespace

json ConfigFindings::to_json(const Recipe& recipe) const {
  json keys = json::array(), contradicted = json::array(), both = json::array();
  for (const UnreadKey& key : unread) {
    const auto close = nearest(key.name, key.read);
    keys.push_back({{"key", key.pointer},
                    {"from", key.recipe.empty() ? "config.json"
                             : key.is_suggested ? "preset"
                                                : "recipe"},
                    {"where", key.recipe.empty() ? key.checkpoint : recipe.where(key.recipe)},
                    {"nearest", close ? json(*close) : json(nullptr)}});
  }
  for (const Contradiction& one : contradictions)
    contradicted.push_back({{"tensor", one.tensor}, {"module", one.module}, {"key", one.key}});
  for (const Untied& one : untied) both.push_back({{"tensor", one.tensor}, {"other", one.other}});
  return {{"unread", keys}, {"contradicted", contradicted}, {"untied", both}};
}

ConfigFindings check_config(const Recipe& recipe, const json& config, ConfigReads& reads,
                            const ModuleTree& tree, const Catalog& catalog, const Checkpoint& checkpoint) {
  for (const Module& module : tree.modules) {
    if (module.parent >= 0) reads.is_document(module.config_text);
    const ComponentRef wrapper = catalog.wrapper_for(module.type);
    if (!wrapper) continue;
    for (const std::string& pointer : wrapper.component->config_keys)
      reads.declare(module.config_text, pointer);
  }
  ConfigFindings found;
  found.unread = Walk(recipe, reads).run(config);
  found.unused_tensors = unused_tensors(recipe, tree, checkpoint);
  found.contradictions = contradictions(found.unused_tensors, tree);
  found.untied = untied(tree, checkpoint);
  if (recipe.runtime.strict) {
    RecipeFindings findings(*recipe.source);
    for (const UnreadKey& key : found.unread) {
      if (!key.recipe.empty() && !key.is_suggested)
        findings.add(key.recipe, what(key), hint(key), /*at_key=*/true);
    }
    findings.throw_if_any();
  }
  warn(recipe, found);
  return found;
}

Error with_misspelt_keys(const Error& error, const Recipe& recipe, const json& config,
                         const ConfigReads& reads) {
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  for (const UnreadKey& key : Walk(recipe, reads).run(config)) {
    if (key.recipe.empty()) continue;
    const auto close = nearest(key.name, key.read);
    if (!close) continue;
    std::vector<std::string> tokens = split_pointer(key.pointer);
    tokens.back() = *close;
    if (config.contains(json::json_pointer(join_pointer(tokens)))) continue;
    diagnostics.push_back({fmt::format("no wrapper read the config key {} before that", in_quotes(key.name)),
                           recipe.source->where(key.recipe, /*at_key=*/true),
                           fmt::format("did you mean \"{}\"?", *close)});
  }
  return {error.kind(), std::move(diagnostics)};
}

}  // namespace vernier::core
