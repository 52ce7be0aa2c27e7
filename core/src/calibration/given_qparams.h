// Qparams that an earlier run wrote, in place of those that observers would give (quantization.from).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module_tree.h"
#include "recipe/recipe_source.h"

namespace vernier::core {

class GivenQparams {
 public:
  // Reads what report/report.h writes as qparams.json. Throws Error (kData) with file:line:column for
  // everything in it that no run could have written: damaged JSON, a key that is missing or unknown, a site
  // that stands there twice, a scale that is not finite and above 0, a zero point outside the dtype's codes.
  static GivenQparams read(const std::filesystem::path& file);
  static GivenQparams parse(std::string_view text, const std::string& name);

  // Tensors of activation sites: calls back with each site and a shape that it has.
  using EachShape = std::function<void(const std::function<void(int site, const Shape& shape)>& see)>;

  // Holds it to the tree, whose sites have stand-ins that tell which of them their observers leave in float
  // (PlannedQparams), and are marked as reached or not. Throws Error (kUsage) with every finding: a site of
  // the model that is not in the file, one in the file that the model does not have, another dtype, scheme,
  // granularity, axis or block than the recipe gives it, another tie or declared range than its wrapper's,
  // scales whose number does not fit the tensor. `where`: the recipe's place that names the file.
  void check(const ModuleTree& tree, const EachShape& shapes, const std::string& where) const;
  // After check(): each site that is reached has its qparams; one that is not in the file is float.
  void give(ModuleTree& tree) const;

  // How many sites it has.
  [[nodiscard]] size_t sites() const { return rows_.size(); }

 private:
  struct Row {
    std::string site;
    QParams qparams;
    std::vector<RaisedScale> raised;
    std::string tied_to;
    std::optional<DeclaredRange> range;
  };
  class Reader;
  class Checker;

  std::vector<Row> rows_;
  RecipeSource source_;
};

}  // namespace vernier::core
