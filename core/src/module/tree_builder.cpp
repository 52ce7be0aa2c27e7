#include "module/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "abi/arguments.h"
#include "abi/plugin_object.h"
#include "abi/sized.h"
#include "calls/call_recorder.h"
#include "module/parameter_binding.h"
#include "module/ties.h"
#include "tensor/half.h"
#include "text/given_name.h"

namespace vernier::core {

namespace {

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}
std::string site_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "/" + name;
}

// `path` below `root`: "embedding_projection" of "model.embed_vision.embedding_projection".
std::string below(const std::string& root, const std::string& path) {
  if (root.empty() || path == root) return path == root ? std::string() : path;
  return path.substr(root.size() + 1);
}

Tensor filled(const Shape& shape, double fill) {
  constexpr int64_t kMostElements = int64_t{1} << 40;
  int64_t elements = 1;
  for (int64_t extent : shape) {
    if (extent < 0)
      throw plugin_error(fmt::format("a filled parameter of shape {}", to_string(shape)), {},
                         "its extents must be known");
    if (extent > kMostElements / std::max<int64_t>(elements, 1))
      throw plugin_error(
          fmt::format("a filled parameter of shape {}, more than 2^40 elements", to_string(shape)));
    elements *= extent;
  }
  Tensor tensor = Tensor::allocate(kFloat32, shape);
  std::fill_n(tensor.mutable_as<float>(), tensor.elements(), static_cast<float>(fill));
  return tensor;
}

double number_in(const Tensor& one) {
  if (one.dtype == kFloat32) return static_cast<double>(*one.as<float>());
  if (one.dtype == kBFloat16) return static_cast<double>(bfloat16_value(*one.as<uint16_t>()));
  if (one.dtype == kFloat16) return static_cast<double>(float16_value(*one.as<uint16_t>()));
  throw internal_error("a scalar of " + one.dtype.name() + " was bound");
}

// How many neighbours along the last axis share a scale.
int64_t declared_block(const vernier_site_declaration& declaration) {
  const auto block = given(declaration.block, declaration.block_rank, "a site's block");
  const bool is_row = !block.empty() && block.size() <= kMaxRank && block.back() > 1 &&
                      std::all_of(block.begin(), block.end() - 1, [](int64_t extent) { return extent == 1; });
  if (is_row && declaration.role == VERNIER_ROLE_WEIGHT) return block.back();
  const Shape shown(block.begin(), block.begin() + static_cast<int64_t>(std::min(block.size(), kMaxRank)));
  throw plugin_error(fmt::format("site \"{}\" asks for blocks of {}",
                                 given(declaration.name, "a site's name"), to_string(shown)),
                     {},
                     "a weight's block is a run along the last axis: {32}, or {1, 32}; activations have none")
      .with(VERNIER_UNIMPLEMENTED);
}

Spec declared_spec(const vernier_site_declaration& declaration) {
  Spec spec;
  spec.observer = std::string(given(declaration.observer, "an observer's name"));
  spec.dtype = declaration.dtype;
  spec.scheme = static_cast<Scheme>(declaration.scheme);
  spec.granularity = static_cast<Granularity>(declaration.granularity);
  spec.axis = spec.granularity == Granularity::kChannel ? declaration.axis : -1;
  if (spec.granularity == Granularity::kBlock) spec.block_size = declared_block(declaration);
  return spec;
}

std::optional<DeclaredRange> declared_range(const vernier_site_declaration& declaration,
                                            const std::string& path) {
  if (declaration.has_range == 0) return std::nullopt;
  const DeclaredRange range{static_cast<float>(declaration.low), static_cast<float>(declaration.high)};
  if (std::isfinite(range.low) && std::isfinite(range.high) && declaration.low <= declaration.high)
    return range;
  throw plugin_error(
      fmt::format("site {} declares the range [{}, {}]", path, declaration.low, declaration.high),
      "site " + path, "a range is two finite float32 numbers, the least first");
}

}  // namespace

std::unique_ptr<ModuleTree> TreeBuilder::build(const std::string& path, const std::string& type,
                                               const nlohmann::json& config) {
  tree_ = std::make_unique<ModuleTree>();
  tree_->builder = this;
  tree_->recorder = recorder_;
  if (recorder_ != nullptr) recorder_->begin_tree(services_, type);
  thread_ = std::this_thread::get_id();
  root_path_ = path;
  create(path, type, config, -1, 0);
  tree_->builder = nullptr;
  if (recorder_ != nullptr) recorder_->end_tree();
  resolve_ties(*tree_);
  return std::move(tree_);
}

// Takes back what a `create` that failed declared, its children included: the wrapper that asked for the
// child may go on without it.
class TreeBuilder::Undo {
 public:
  explicit Undo(TreeBuilder& builder)
      : builder_(builder),
        creating_(builder.creating_),
        depth_(builder.depth_),
        modules_(builder.tree_->modules.size()),
        sites_(builder.tree_->sites.size()),
        parameters_(builder.tree_->parameters.size()),
        scalars_(builder.tree_->scalars.size()) {}
  ~Undo() {
    builder_.creating_ = creating_;
    builder_.depth_ = depth_;
    if (is_done_) return;
    ModuleTree& tree = *builder_.tree_;
    // Handles first: what they stand for must outlive them.
    cut(tree.module_handles, modules_);
    cut(tree.site_handles, sites_);
    cut(tree.parameter_handles, parameters_);
    cut(tree.modules, modules_);
    cut(tree.sites, sites_);
    cut(tree.parameters, parameters_);
    cut(tree.scalars, scalars_);
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  void done() { is_done_ = true; }

 private:
  template <typename Container>
  static void cut(Container& container, size_t size) {
    while (container.size() > size) container.pop_back();
  }

  TreeBuilder& builder_;
  const int creating_, depth_;
  const size_t modules_, sites_, parameters_, scalars_;
  bool is_done_ = false;
};

int TreeBuilder::create(const std::string& path, const std::string& type, const nlohmann::json& config,
                        int parent, int depth) {
  if (depth > kMaximumDepth)
    throw plugin_error(fmt::format("modules are nested more than {} deep", kMaximumDepth), path,
                       "a wrapper may declare itself as its own child");
  const LoadedWrapper wrapper = find_(type, path);
  const int index = static_cast<int>(tree_->modules.size());
  Module module;
  module.path = path;
  module.type = type;
  module.config = config;
  module.config_text = config.is_null() ? "{}" : config.dump();
  module.plugin = wrapper.plugin;
  module.parent = parent;
  module.wrapper = wrapper.table;
  module.info = wrapper.info;

  Undo undo(*this);
  tree_->modules.push_back(std::move(module));
  tree_->module_handles.emplace_back(services_, *tree_, static_cast<uint32_t>(index));
  const uint64_t handle = tree_->module_handles.back().handle();
  depth_ = depth;
  creating_ = index;
  void* instance = nullptr;
  const std::string where = fmt::format("module {} ({})", path.empty() ? "<root>" : path, type);
  services_.call(wrapper.plugin, where,
                 [&] { return wrapper.table->create(wrapper.host, handle, &instance); });
  tree_->modules[index].instance =
      plugin_object(services_, instance, wrapper.table->destroy, wrapper.plugin, where);
  undo.done();
  if (recorder_ != nullptr) recorder_->add(EndCall{});
  return index;
}

int TreeBuilder::add_child(int module, const std::string& name, const std::string& type,
                           const nlohmann::json& config) {
  if (name.empty()) throw plugin_error("a child without a name", tree_->modules[module].path);
  const std::string path = join(tree_->modules[module].path, name);
  for (int child : tree_->modules[module].children) {
    if (tree_->modules[child].path == path)
      throw plugin_error(fmt::format("child \"{}\" is declared twice", name), tree_->modules[module].path);
  }
  CallRecorder::Attempt attempt(recorder_);
  if (recorder_ != nullptr) recorder_->add(ModuleCall{name, type, config.dump()});
  const int child = create(path, type, config, module, depth_ + 1);
  tree_->modules[module].children.push_back(child);
  attempt.done();
  return child;
}

uint64_t TreeBuilder::add_parameter(int module, const vernier_parameter_declaration& declaration) {
  services_.control().check();
  Parameter parameter;
  parameter.name = given_name(declaration.name, "a parameter's name");
  if (parameter.name.empty()) throw plugin_error("a parameter without a name", tree_->modules[module].path);
  parameter.path = join(tree_->modules[module].path, parameter.name);
  for (int other : tree_->modules[module].parameters) {
    if (tree_->parameters[other].name == parameter.name)
      throw plugin_error(fmt::format("parameter \"{}\" is declared twice", parameter.name),
                         tree_->modules[module].path);
  }
  if (declaration.rank > kMaxRank)
    throw plugin_error(
        fmt::format("parameter \"{}\" of rank {}, at most {}", parameter.name, declaration.rank, kMaxRank),
        tree_->modules[module].path);
  const auto extents = given(declaration.shape, declaration.rank, "a parameter's shape");
  const Shape wanted(extents.begin(), extents.end());
  parameter.is_bias = (declaration.flags & VERNIER_PARAMETER_BIAS) != 0;
  parameter.is_filled = (declaration.flags & VERNIER_PARAMETER_FILL) != 0;
  if (parameter.is_filled) {
    parameter.source = filled(wanted, declaration.fill);
  } else if (!bind_parameter(parameter, tree_->modules[module].path, wanted, declaration, source_)) {
    return VERNIER_NULL_HANDLE;
  }
  if (declaration.site != nullptr) {
    parameter.site = declare_site(module, read_sized(declaration.site));
    Site& site = tree_->sites[parameter.site];
    const int64_t rank = static_cast<int64_t>(parameter.source.shape.size());
    if (site.declared.axis < 0 && site.declared.granularity == Granularity::kChannel)
      site.declared.axis += rank;
  }
  const int index = static_cast<int>(tree_->parameters.size());
  tree_->parameters.push_back(std::move(parameter));
  tree_->parameter_handles.emplace_back(services_, *tree_, static_cast<uint32_t>(index));
  tree_->modules[module].parameters.push_back(index);
  if (recorder_ != nullptr) recorder_->add(parameter_call(declaration));
  return tree_->parameter_handles.back().handle();
}

int TreeBuilder::add_site(int module, const vernier_site_declaration& declaration) {
  const int index = declare_site(module, declaration);
  if (recorder_ != nullptr) recorder_->add(site_call(declaration));
  return index;
}

int TreeBuilder::declare_site(int module, const vernier_site_declaration& declaration) {
  services_.control().check();
  Site site;
  site.name = given_name(declaration.name, "a site's name");
  Module& owner = tree_->modules[module];
  if (site.name.empty()) throw plugin_error("a site without a name", owner.path);
  for (int other : owner.sites) {
    if (tree_->sites[other].name == site.name)
      throw plugin_error(fmt::format("site \"{}\" is declared twice", site.name), owner.path);
  }
  site.path = site_path(owner.path, site.name);
  site.relative = site_path(below(root_path_, owner.path), site.name);
  site.is_weight = declaration.role == VERNIER_ROLE_WEIGHT;
  site.declared = declared_spec(declaration);
  site.range = declared_range(declaration, site.path);
  const int index = static_cast<int>(tree_->sites.size());
  tree_->sites.push_back(std::move(site));
  tree_->site_handles.emplace_back(services_, *tree_, static_cast<uint32_t>(index));
  owner.sites.push_back(index);
  return index;
}

void TreeBuilder::tie(int module, uint64_t handle, const std::string& path) {
  const Found<HandleKind::kSite> found(handle);
  const Module& owner = tree_->modules[module];
  if (!found.is_of(*tree_))
    throw plugin_error("tie was called with something that is no site of this tree", owner.path)
        .with(VERNIER_INVALID_HANDLE);
  const int index = static_cast<int>(found.item());
  Site& site = tree_->sites[found.item()];
  if (std::find(owner.sites.begin(), owner.sites.end(), index) == owner.sites.end())
    throw plugin_error(fmt::format("site {} is tied by a module that did not declare it", site.path),
                       owner.path);
  if (path.empty())
    throw plugin_error(fmt::format("site {} is tied to an empty path", site.path), owner.path);
  if (!site.tie.empty())
    throw plugin_error(fmt::format("site {} is tied to {} and to {}", site.path, site.tie, path), owner.path);
  if (site.range)
    throw plugin_error(fmt::format("site {} declares a range and is tied to {}", site.path, path), owner.path,
                       "declare the range at the other site");
  site.tie = path;
  if (recorder_ != nullptr) recorder_->add(TieCall{found.item(), path});
}

double TreeBuilder::read_scalar(int module, const std::string& name) {
  const std::string path = join(tree_->modules[module].path, name);
  const Tensor found = source_.scalar(path);
  if (found.elements() != 1)
    throw data_error(
        fmt::format("tensor {} has shape {}, the module wants one number", path, to_string(found.shape)),
        path)
        .with(VERNIER_INVALID_ARGUMENT);
  require_fit(path, found, found.shape);
  tree_->scalars.push_back(path);
  if (recorder_ != nullptr) recorder_->add(ScalarCall{name});
  return number_in(found);
}

}  // namespace vernier::core
