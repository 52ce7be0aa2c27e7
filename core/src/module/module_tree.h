// The module tree: what the wrappers declared, bound to the checkpoint's tensors. The prepare() of other
// toolkits.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "abi/handle_space.h"
#include "graph/graph.h"
#include "plugin/manifest.h"
#include "quantization/zero_codes.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"
#include "vernier/abi/module.h"
#include "vernier/abi/wrapper.h"
#include "vernier/core/json_value.h"

namespace vernier::core {

// A weight's scale that became greater so that a bias fits its integer, see calibration/weight_scales.h.
struct RaisedScale {
  int64_t channel = -1;  // -1: the one scale of the tensor
  float before = 0;
  float after = 0;
  std::string bias;  // path of the parameter
};

// What a wrapper says a site's values lie between; its observer sees these two numbers and nothing else.
struct DeclaredRange {
  float low = 0;
  float high = 0;
};

// A point where a tensor is observed and quantized.
struct Site {
  std::string name;
  std::string path;      // "<module path>/<name>"
  std::string relative;  // the same, below the root module
  bool is_weight = false;
  Spec declared;       // the wrapper's defaults, unset fields open
  Spec spec;           // resolved
  std::string reason;  // where the spec came from
  std::optional<DeclaredRange> range;
  std::string tie;     // as the wrapper gave it; empty: none
  int tied_to = -1;    // place of the site whose spec and qparams this one has, itself tied to none; -1: none
  bool joins = false;  // of a tied one: the owner's observer sees its tensors too
  bool is_reached = true;          // by a unit; false: an entry that no unit runs may use it
  uint64_t collected = 0;          // tensors that its observer saw
  std::string output;              // of a unit's entry that it is the last step of, where that has a name
  std::optional<QParams> qparams;  // after convert
  std::vector<RaisedScale> raised;
  ZeroCodes zero_codes;  // of a weight
};

// Indices [begin, end) of one axis of a tensor.
struct TensorPart {
  int64_t axis = 0;
  int64_t begin = 0;
  int64_t end = 0;
  Shape whole;  // shape of the tensor
};

// A constant of the model: a tensor of the checkpoint, one that the wrapper fills, or one that a forward
// makes of others (trace/bind_constants.h).
struct Parameter {
  std::string name;
  std::string path;        // "<module path>.<name>"
  Tensor source;           // in the checkpoint's dtype, mapped; a filled one is float32
  bool is_filled = false;  // not in the checkpoint
  bool is_bias = false;
  bool is_table = false;  // numbers that a forward gave
  std::string tensor;     // key in the checkpoint; empty where is_filled
  std::optional<TensorPart> part;
  int site = -1;  // index in ModuleTree::sites; -1: stays float
  // What a forward computes of other constants; null: nothing. `source` has no elements until
  // interpreter/constant_evaluator.h computed them.
  std::shared_ptr<const Graph> expression;
  bool is_bound = false;    // its site is that of a forward's quantize call
  bool is_exported = true;  // false: computed only for input shapes other than those of the first sample

  [[nodiscard]] bool is_computed() const { return expression != nullptr; }
};

struct Module {
  std::string path;
  std::string type;
  JsonValue config;
  std::string config_text;  // `config` as the ABI hands it out
  std::string plugin;       // id of the plugin whose wrapper serves it
  int parent = -1;
  std::vector<int> children;
  std::vector<int> parameters;
  std::vector<int> sites;
  const vernier_wrapper* wrapper = nullptr;
  const ComponentInfo* info = nullptr;  // the wrapper's manifest row; null where there is none
  std::shared_ptr<void> instance;
};

// Finds parameters of a tree without a search through all of them: traces add thousands. Paths and places
// stay; a parameter's site may be set later, before other_of_site() is asked for it.
class ParameterIndex {
 public:
  // -1: there is none.
  [[nodiscard]] int place(const std::deque<Parameter>& parameters, const std::string& path);
  // Of a site that `asking` has; null where no other has it.
  [[nodiscard]] const Parameter* other_of_site(const std::deque<Parameter>& parameters,
                                               const Parameter& asking);

 private:
  std::unordered_map<std::string, int> places_;  // of those before `seen_`
  size_t seen_ = 0;
  std::unordered_map<int, const Parameter*> firsts_;  // by site
};

class CallRecorder;
class Replay;
class TreeBuilder;

// Indices are what handles stand for, so the vectors may grow. Stays where it is: handles lead to it.
struct ModuleTree {
  std::deque<Module> modules;        // 0 is the root; addresses stay, the ABI hands out texts in them
  std::vector<Site> sites;           // in order of declaration
  std::deque<Parameter> parameters;  // declared ones, then what traces add; addresses stay
  std::vector<std::string> scalars;  // checkpoint tensors that wrappers read as numbers
  std::string model_config = "{}";   // the checkpoint's config.json

  // As many as there are modules, sites, declared parameters.
  std::vector<Lease<HandleKind::kModule>> module_handles;
  std::vector<Lease<HandleKind::kSite>> site_handles;
  std::vector<Lease<HandleKind::kParameter>> parameter_handles;

  TreeBuilder* builder = nullptr;  // while the tree grows
  // In the process of a trial: hears of what wrappers ask. In a host whose wrappers ran there: what their
  // calls come from. Else null. They outlive the tree.
  CallRecorder* recorder = nullptr;
  Replay* replay = nullptr;
  ParameterIndex index;  // once it is built

  [[nodiscard]] const Module& root() const { return modules.at(0); }
  // What a parameter is coded with, after convert; null where it stays float. Its codes are a function of its
  // values and these, made where somebody asks for them.
  [[nodiscard]] const QParams* code_qparams(const Parameter& parameter) const {
    if (parameter.site < 0) return nullptr;
    const std::optional<QParams>& qparams = sites.at(static_cast<size_t>(parameter.site)).qparams;
    return qparams && !qparams->is_float ? &*qparams : nullptr;
  }
};

}  // namespace vernier::core
