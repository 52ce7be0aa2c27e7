#include "session/program_ties.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "calibration/planned_qparams.h"
#include "program/grids.h"
#include "session/exporter.h"
#include "trace/with_qparams.h"

namespace vernier::core {

namespace {

// The sites whose qparams inputs and outputs of a file have; -1: none.
struct FileSites {
  std::vector<int> inputs, outputs;
};

// While it lives, each site that is tied to none has a scale of its own, by which a folded graph says whose
// it took.
class MarkedSites {
 public:
  explicit MarkedSites(const Prepared& p)
      : tree_(*p.tree), stand_ins_(*p.services, *p.tree, [&hub = *p.hub](const std::string& name) {
          return hub.observer(name);
        }) {
    for (size_t i = 0; i < tree_.sites.size(); ++i) {
      Site& site = tree_.sites[i];
      if (site.qparams->is_float) continue;
      const size_t owner = site.tied_to < 0 ? i : static_cast<size_t>(site.tied_to);
      site.qparams->scale.assign(site.qparams->scale.size(), static_cast<float>(owner + 1));  // below 2^24
    }
  }

  [[nodiscard]] FileSites of(const Graph& traced) const {
    const Graph file = planned_file(with_qparams(traced, tree_, QParamsOf::kPlan));
    FileSites result;
    for (const ValueIndex value : file.inputs) result.inputs.push_back(site_of(file.values[value]));
    for (const ValueIndex value : file.outputs) result.outputs.push_back(site_of(file.values[value]));
    return result;
  }

 private:
  [[nodiscard]] int site_of(const GraphValue& value) const {
    if (!value.qparams || value.qparams->is_float || value.qparams->scale.size() != 1) return -1;
    const auto site = static_cast<int>(value.qparams->scale.front()) - 1;
    return site < 0 || site >= static_cast<int>(tree_.sites.size()) ? -1 : site;
  }

  ModuleTree& tree_;
  const PlannedQparams stand_ins_;
};

// Sets of buffers that have one grid.
class Boundaries {
 public:
  Boundaries(const Program& program, size_t sites)
      : program_(program), parent_(program.buffers.size() + sites), is_written_(sites), order_(sites, -1) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    for (const ProgramPhase& phase : program.phases) {
      for (const ProgramStep& step : phase.steps) {
        const std::vector<size_t> buffers = copied_among(program, step);
        for (const size_t buffer : buffers) join(buffers.front(), buffer);
      }
    }
  }

  void add(const ProgramStep& step, const FileSites& sites) {
    for (size_t i = 0; i < step.inputs.size(); ++i) add(step.inputs[i].buffer, sites.inputs[i], false);
    for (size_t i = 0; i < step.outputs.size(); ++i) add(step.outputs[i].buffer, sites.outputs[i], true);
  }
  struct Group {
    std::vector<int> sites;  // in the order of steps, those that write first
    size_t writers = 0;      // how many write
    std::vector<std::string> buffers;
  };
  [[nodiscard]] std::vector<Group> groups() {
    std::map<size_t, Group> found;
    for (const bool writes : {true, false}) {
      for (const int site : seen_) {
        if (is_written_[static_cast<size_t>(site)] != writes) continue;
        Group& group = found[root(of_site(site))];
        group.sites.push_back(site);
        if (writes) ++group.writers;
      }
    }
    for (size_t buffer = 0; buffer < program_.buffers.size(); ++buffer) {
      const auto group = found.find(root(buffer));
      if (group != found.end()) group->second.buffers.push_back(program_.buffers[buffer].name);
    }
    std::vector<Group> result;
    for (auto& [place, group] : found) {
      if (group.sites.size() > 1) result.push_back(std::move(group));
    }
    return result;
  }

 private:
  [[nodiscard]] size_t of_site(int site) const { return program_.buffers.size() + static_cast<size_t>(site); }
  void add(size_t buffer, int site, bool writes) {
    if (site < 0 || program_.buffers[buffer].dtype != kFloat32) return;
    const auto place = static_cast<size_t>(site);
    if (order_[place] < 0) {
      order_[place] = static_cast<int>(seen_.size());
      seen_.push_back(site);
    }
    if (writes) is_written_[place] = true;
    join(buffer, of_site(site));
  }
  size_t root(size_t one) {
    while (parent_[one] != one) one = parent_[one] = parent_[parent_[one]];
    return one;
  }
  void join(size_t one, size_t other) {
    const size_t a = root(one), b = root(other);
    parent_[std::max(a, b)] = std::min(a, b);
  }

  const Program& program_;
  std::vector<size_t> parent_;    // buffers, then sites
  std::vector<bool> is_written_;  // by site
  std::vector<int> order_;        // by site; -1: not seen
  std::vector<int> seen_;
};

bool is_equal_range(const DeclaredRange& a, const DeclaredRange& b) {
  return a.low == b.low && a.high == b.high;
}

// A declared range holds for all; else the first writer, or reader, gives its qparams to the others.
int owner_of(const Boundaries::Group& group, const Prepared& p) {
  int owner = group.sites.front();
  const auto& sites = p.tree->sites;
  for (const int one : group.sites) {
    const Site& site = sites[static_cast<size_t>(one)];
    if (!site.range) continue;
    const Site& other = sites[static_cast<size_t>(owner)];
    if (other.range && !is_equal_range(*other.range, *site.range))
      throw usage_error(
          fmt::format("sites {} and {} meet in buffer {}, and declare the ranges [{}, {}] and [{}, {}]",
                      other.path, site.path, group.buffers.front(), other.range->low, other.range->high,
                      site.range->low, site.range->high),
          p.recipe.where("/model/program"),
          "a boundary has one grid; a requantize step may stand between them");
    if (!other.range) owner = one;
  }
  return owner;
}

void tie(const Boundaries::Group& group, Prepared& p, RecipeProgram& program) {
  std::vector<Site>& sites = p.tree->sites;
  const int owner = owner_of(group, p);
  const bool is_declared = sites[static_cast<size_t>(owner)].range.has_value();
  BoundaryTie row{sites[static_cast<size_t>(owner)].path, {}, group.buffers};
  for (size_t i = 0; i < group.sites.size(); ++i) {
    const int one = group.sites[i];
    if (one == owner) continue;
    Site& site = sites[static_cast<size_t>(one)];
    site.tied_to = owner;
    // What readers see, writers gave.
    site.joins = !is_declared && (group.writers == 0 || i < group.writers);
    row.sites.push_back(site.path);
  }
  // What was tied to one of them by its wrapper is tied to the owner.
  for (Site& site : sites) {
    if (site.tied_to >= 0 && sites[static_cast<size_t>(site.tied_to)].tied_to >= 0) site.tied_to = owner;
  }
  sites[static_cast<size_t>(owner)].tied_to = -1;
  program.ties.push_back(std::move(row));
}

}  // namespace

void tie_boundaries(Prepared& p, const std::vector<std::unique_ptr<Unit>>& units) {
  const Program& program = p.program->made.program;
  std::vector<Boundaries::Group> groups;
  for (const auto& unit : units) (void)unit->graph();  // binds constants that forwards make to their sites
  {
    const MarkedSites marked(p);
    Boundaries boundaries(program, p.tree->sites.size());
    std::vector<FileSites> files;
    for (const auto& unit : units) files.push_back(marked.of(*unit->graph()));
    for (const ProgramPhase& phase : program.phases) {
      for (const ProgramStep& step : phase.steps) {
        if (step.unit) boundaries.add(step, files[*step.unit]);
      }
    }
    groups = boundaries.groups();
  }
  for (const Boundaries::Group& group : groups) tie(group, p, *p.program);
  apply_specs(p.recipe, *p.tree);
}

}  // namespace vernier::core
