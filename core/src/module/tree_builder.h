// Grows the module tree: the root's type finds its wrapper, the wrapper declares, its children find theirs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "abi/host_services.h"
#include "checkpoint/parameter_source.h"
#include "module/module_tree.h"
#include "plugin/loaded.h"

namespace vernier::core {

class TreeBuilder {
 public:
  // Gives the wrapper of a module type; throws Error (kPlugin) with the nearest type when there is none.
  using FindWrapper = std::function<LoadedWrapper(const std::string& type, const std::string& path)>;

  // `source` must outlive this, `recorder` (may be null) the tree.
  TreeBuilder(HostServices& services, const ParameterSource& source, FindWrapper find,
              CallRecorder* recorder = nullptr)
      : services_(services), source_(source), find_(std::move(find)), recorder_(recorder) {}

  // Throws Error: kPlugin for a type without a wrapper or a failing wrapper, kData for a tensor that does not
  // fit. [main thread]
  std::unique_ptr<ModuleTree> build(const std::string& path, const std::string& type,
                                    const nlohmann::json& config);

  // True for the module whose wrapper's `create` runs; not for those around it.
  [[nodiscard]] bool is_creating(int module) const { return creating_ >= 0 && module == creating_; }
  [[nodiscard]] bool is_own_thread() const { return std::this_thread::get_id() == thread_; }

  // What vernier.module/1 stands on; `module` is the one that is being created.
  ModuleTree& tree() { return *tree_; }
  int add_child(int module, const std::string& name, const std::string& type, const nlohmann::json& config);
  // The parameter's handle; VERNIER_NULL_HANDLE for an optional one that the checkpoint lacks.
  uint64_t add_parameter(int module, const vernier_parameter_declaration& declaration);
  int add_site(int module, const vernier_site_declaration& declaration);
  double read_scalar(int module, const std::string& name);
  void tie(int module, uint64_t site, const std::string& path);

 private:
  static constexpr int kMaximumDepth = 64;  // a wrapper that declares itself as its own child
  class Undo;

  int declare_site(int module, const vernier_site_declaration& declaration);
  int create(const std::string& path, const std::string& type, const nlohmann::json& config, int parent,
             int depth);

  HostServices& services_;
  const ParameterSource& source_;
  FindWrapper find_;
  CallRecorder* recorder_;
  std::unique_ptr<ModuleTree> tree_;
  std::string root_path_;
  std::thread::id thread_;
  int creating_ = -1;
  int depth_ = 0;
};

}  // namespace vernier::core
