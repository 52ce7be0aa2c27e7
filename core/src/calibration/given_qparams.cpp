#include "calibration/given_qparams.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "file/mapped_file.h"
#include "text/json_pointer.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr const char* kSameRecipe =
    "take the file of a run with this dtype, scheme and granularity, or give them to the site in the recipe";

std::string granularity_of(int64_t axis, int64_t block_size) {
  if (block_size > 0) return fmt::format("a scale for each block of {}", block_size);
  return axis < 0 ? std::string("one scale") : fmt::format("a scale for each index of axis {}", axis);
}

std::string range_of(const std::optional<DeclaredRange>& range) {
  return range ? fmt::format("[{:g}, {:g}]", range->low, range->high) : std::string("none");
}

}  // namespace

class GivenQparams::Checker {
 public:
  Checker(const GivenQparams& given, const ModuleTree& tree)
      : given_(given), tree_(tree), findings_(given.source_) {
    for (size_t i = 0; i < given.rows_.size(); ++i) places_[given.rows_[i].site] = i;
  }

  void run(const EachShape& shapes, const std::string& where) {
    for (const Site& site : tree_.sites) check_site(site, where);
    check_strangers();
    for (const Parameter& one : tree_.parameters) {
      if (one.site >= 0) check_shape(one.site, one.source.shape, "tensor " + one.path);
    }
    shapes([&](int site, const Shape& shape) { check_shape(site, shape, "a sample's tensor"); });
    findings_.throw_if_any();
  }

 private:
  void add(size_t row, const char* key, std::string what, std::string hint) {
    findings_.add(append_pointer("", row) + (*key == '\0' ? "" : append_pointer("", key)), std::move(what),
                  std::move(hint));
  }

  void check_site(const Site& site, const std::string& where) {
    if (!site.is_reached) return;
    const auto found = places_.find(site.path);
    const bool is_float = site.qparams && site.qparams->is_float;
    if (found == places_.end()) {
      if (!is_float)
        findings_.add("", fmt::format("site {} of the model is not in the file", site.path),
                      fmt::format("{} wants it; make the file by a run of this recipe without "
                                  "quantization.from, or leave the site in float (observer \"identity\")",
                                  where));
      return;
    }
    const size_t row = found->second;
    if (is_float)
      return add(
          row, "",
          fmt::format("site {} has qparams here, and observer {} of the recipe ({}) leaves it in float",
                      site.path, site.spec.observer, site.reason),
          "give the site another observer, or take the file of a run that left it in float");
    check_spec(site, row);
  }

  void check_spec(const Site& site, size_t row) {
    const QParams& has = given_.rows_[row].qparams;
    const Spec& wanted = site.spec;
    const auto differ = [&](const char* key, const std::string& here, const std::string& there) {
      add(row, key,
          fmt::format("site {} has {} here, and the recipe gives it {} ({})", site.path, here, there,
                      site.reason),
          kSameRecipe);
    };
    if (has.dtype != wanted.dtype) differ("dtype", has.dtype.name(), wanted.dtype.name());
    if (has.scheme != wanted.scheme) differ("scheme", to_string(has.scheme), to_string(wanted.scheme));
    const int64_t axis = wanted.granularity == Granularity::kChannel ? wanted.axis : -1;
    const int64_t block = wanted.granularity == Granularity::kBlock ? wanted.block_size : 0;
    if (has.axis != axis || has.block_size != block)
      differ(has.block_size != block ? "block_size" : "axis", granularity_of(has.axis, has.block_size),
             granularity_of(axis, block));
    check_declaration(site, row);
  }

  void check_declaration(const Site& site, size_t row) {
    const Row& has = given_.rows_[row];
    const std::string owner = site.tied_to < 0 ? "" : tree_.sites[static_cast<size_t>(site.tied_to)].path;
    if (has.tied_to != owner)
      add(row, "tied_to",
          fmt::format("site {} is tied to {} here, and its wrapper ties it to {}", site.path,
                      has.tied_to.empty() ? "none" : has.tied_to, owner.empty() ? "none" : owner),
          "the file is of another version of the wrapper or program: calibrate again");
    const auto found = places_.find(owner);
    if (!owner.empty() && found != places_.end() && !(given_.rows_[found->second].qparams == has.qparams))
      add(row, "", fmt::format("site {} has other qparams than {}, which it is tied to", site.path, owner),
          "the file was changed by hand: give both the same");
    if (range_of(has.range) != range_of(site.range))
      add(row, "declared_range",
          fmt::format("site {} has the declared range {} here, and its wrapper declares {}", site.path,
                      range_of(has.range), range_of(site.range)),
          "the file is of another version of the wrapper: calibrate again");
  }

  void check_strangers() {
    std::vector<std::string> names;
    for (const Site& site : tree_.sites) names.push_back(site.path);
    const std::set<std::string> known(names.begin(), names.end());
    for (size_t i = 0; i < given_.rows_.size(); ++i) {
      if (known.contains(given_.rows_[i].site)) continue;
      const std::string close = did_you_mean(given_.rows_[i].site, names);
      add(i, "site", fmt::format("the model has no site {}", given_.rows_[i].site),
          close.empty() ? "the file is of another model or module: `vernier plan` lists the sites" : close);
    }
  }

  void check_shape(int site, const Shape& shape, const std::string& tensor) {
    const auto found = places_.find(tree_.sites[static_cast<size_t>(site)].path);
    if (found == places_.end()) return;
    const QParams& qparams = given_.rows_[found->second].qparams;
    const std::optional<int64_t> count = scale_count(qparams, shape);
    if (count && *count == static_cast<int64_t>(qparams.scale.size())) return;
    if (!misfits_.insert(site).second) return;  // one finding, however many shapes it has
    add(found->second, "scale",
        fmt::format("site {} has {} scales, {}, which does not fit {} of shape {}", found->first,
                    qparams.scale.size(), granularity_of(qparams.axis, qparams.block_size), tensor,
                    to_string(shape)),
        "the file is of a model of another size: take the file of a run of this one");
  }

  const GivenQparams& given_;
  const ModuleTree& tree_;
  RecipeFindings findings_;
  std::map<std::string, size_t> places_;  // by site
  std::set<int> misfits_;
};

void GivenQparams::check(const ModuleTree& tree, const EachShape& shapes, const std::string& where) const {
  Checker(*this, tree).run(shapes, where);
}

void GivenQparams::give(ModuleTree& tree) const {
  std::map<std::string_view, const Row*> rows;
  for (const Row& row : rows_) rows[row.site] = &row;
  for (Site& site : tree.sites) {
    if (!site.is_reached) continue;
    const auto found = rows.find(site.path);
    if (found != rows.end()) {
      site.qparams = found->second->qparams;
      site.raised = found->second->raised;
      continue;
    }
    QParams as_float;
    as_float.dtype = site.spec.dtype;
    as_float.scheme = site.spec.scheme;
    as_float.is_float = true;
    site.qparams = as_float;
  }
}

GivenQparams GivenQparams::read(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const auto bytes = mapped->bytes();
  return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
}

}  // namespace vernier::core
