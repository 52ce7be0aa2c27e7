#include "vernier/core/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "circle/reader.h"
#include "file/mapped_file.h"
#include "report/run_folder.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

std::string full_name(const std::string& wanted, const json& sites) {
  std::vector<std::string> names, fitting;
  for (const json& row : sites) names.push_back(row.at("site"));
  for (const std::string& name : names) {
    if (name == wanted) return name;
    if (name.ends_with("/" + wanted) || name.ends_with("." + wanted)) fitting.push_back(name);
  }
  if (fitting.size() == 1) return fitting.front();
  if (!fitting.empty())
    throw usage_error(fmt::format("\"{}\" is the end of {} sites", wanted, fitting.size()), "SITE",
                      fmt::format("one of: {}", fmt::join(fitting, ", ")));
  std::vector<std::string> known = names;
  for (const std::string& name : names)
    known.push_back(name.substr(name.rfind('.') + 1));  // people leave the front out
  const auto close = nearest(wanted, known);
  throw usage_error(
      fmt::format("no site is called \"{}\"", wanted), "SITE",
      close ? fmt::format("did you mean \"{}\"?", *close) : fmt::format("sites: {}", fmt::join(names, ", ")));
}

const json* row_of(const json& rows, const std::string& site) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const json& row) { return row.at("site") == site; });
  return found == rows.end() ? nullptr : &*found;
}

// True where the tensor is the site's: named so, or with the site's scales.
bool belongs_to(const CircleTensor& tensor, const std::string& site, const json* qparams) {
  if (tensor.scale.empty()) return false;
  if (tensor.name == site) return true;
  if (qparams == nullptr) return false;
  return (site.ends_with("/weight") && tensor.name == site.substr(0, site.size() - 7) + ".weight") ||
         qparams->at("scale").get<std::vector<float>>() == tensor.scale;
}

struct Encodings {
  json rows = json::array();
  json unread = json::array();
};

void read_encodings(const std::filesystem::path& file, const std::string& name, const std::string& site,
                    const json* qparams, Encodings& found) {
  const auto mapped = MappedFile::open(file);
  const std::vector<CircleSubgraph> subgraphs = read_circle(mapped->bytes(), file.string()).subgraphs;
  for (const CircleSubgraph& subgraph : subgraphs) {
    for (const CircleTensor& tensor : subgraph.tensors) {
      if (!belongs_to(tensor, site, qparams)) continue;
      found.rows.push_back({{"file", name},
                            {"tensor", tensor.name},
                            {"type", tensor.type},
                            {"scale", tensor.scale},
                            {"zero_point", tensor.zero_point},
                            {"axis", tensor.scale.size() > 1 ? json(tensor.axis) : json(nullptr)}});
      if (subgraphs.size() > 1) found.rows.back()["subgraph"] = subgraph.name;
    }
  }
}

// By content, not by name: a recipe may call its files as it likes.
bool is_circle_or_tflite(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  const std::span<const std::byte> bytes = mapped->bytes();
  if (bytes.size() < 8) return false;
  const std::string_view identifier(reinterpret_cast<const char*>(bytes.data()) + 4, 4);
  return identifier == "CIR0" || identifier == "TFL3";
}

Encodings encodings(const RunFolder& run, const std::string& site, const json* qparams) {
  Encodings found;
  for (const json& exported : run.report.at("exports")) {
    const std::string name = exported.at("file").get<std::string>();
    try {
      if (is_circle_or_tflite(run.path / name))
        read_encodings(run.path / name, name, site, qparams, found);
      else
        found.unread.push_back({{"file", name}, {"reason", "explain reads Circle and TFLite files only"}});
    } catch (const Error& error) {
      found.unread.push_back({{"file", name}, {"reason", error.diagnostics().front().what}});
    }
  }
  return found;
}

template <typename T>
std::string list(const json& values) {
  if (values.size() <= 4) return fmt::format("{}", fmt::join(values.get<std::vector<T>>(), ", "));
  return fmt::format("{}, {}, … ({} values)", values[0].get<T>(), values[1].get<T>(), values.size());
}

// Where the file has several.
std::string of_subgraph(const json& row) {
  return row.contains("subgraph") ? " of " + row.at("subgraph").get<std::string>() : std::string();
}

std::string decibel_text(const json& value) {
  return value.is_number() ? fmt::format("{:.2f} dB", value.get<double>()) : "-";
}
std::string real(const json& value) {
  return value.is_number() ? fmt::format("{:.6g}", value.get<double>()) : "-";
}

}  // namespace

json explain_site(const std::string& wanted, const std::filesystem::path& folder) {
  const RunFolder run = read_run_folder(folder);
  const json& sites = run.report.at("coverage").at("sites");
  const std::string site = full_name(wanted, sites);
  json result = *row_of(sites, site);
  const json* qparams = row_of(run.qparams, site);
  const json* statistics = row_of(run.report.at("statistics").at("sites"), site);
  result["qparams"] = qparams == nullptr ? json(nullptr) : *qparams;
  result["statistics"] = statistics == nullptr ? json(nullptr) : *statistics;
  Encodings found = encodings(run, site, qparams);
  result["encodings"] = std::move(found.rows);
  result["unread_files"] = std::move(found.unread);
  return result;
}

std::string explain_table(const json& e) {
  std::string text = fmt::format("{} ({}): {}\n", e.at("site").get<std::string>(),
                                 e.at("role").get<std::string>(), e.at("status").get<std::string>());
  text += fmt::format("  decided by   {}\n  observer     {}, {} tensors seen\n",
                      e.at("chosen_by").get<std::string>(), e.at("observer").get<std::string>(),
                      e.at("collected").get<uint64_t>());
  if (e.contains("reason")) text += fmt::format("  because      {}\n", e.at("reason").get<std::string>());
  const json& q = e.at("qparams");
  if (!q.is_null()) {
    text += fmt::format("  qparams      {} {}, scale {}, zero point {}{}\n", q.at("dtype").get<std::string>(),
                        q.at("scheme").get<std::string>(), list<double>(q.at("scale")),
                        list<int64_t>(q.at("zero_point")),
                        q.at("axis").is_null() ? "" : fmt::format(", axis {}", q.at("axis").get<int64_t>()));
  }
  const json& s = e.at("statistics");
  if (!s.is_null() && s.at("count") != 0) {
    const double clipped = s.at("clipped").get<double>() / s.at("count").get<double>();
    const std::string reach = s.at("low").is_number()
                                  ? fmt::format("codes reach {} … {}", real(s.at("low")), real(s.at("high")))
                                  : std::string("the codes of each channel reach its own ends");
    text += fmt::format("  values       {} … {} in {} values; {}; {:.4g} % clipped\n", real(s.at("min")),
                        real(s.at("max")), s.at("count").get<uint64_t>(), reach, 100 * clipped);
    text += fmt::format("  error        {} of its own grid{}\n", decibel_text(s.at("own_sqnr_db")),
                        s.at("sqnr_db").is_number() ? fmt::format(", {} with all that gathered before it",
                                                                  decibel_text(s.at("sqnr_db")))
                                                    : std::string());  // nothing gathers before a weight
  }
  for (const json& row : e.at("encodings")) {
    text +=
        fmt::format("  in {}: {} {}, scale {}, zero point {}\n", row.at("file").get<std::string>(),
                    row.at("tensor").get<std::string>() + of_subgraph(row), row.at("type").get<std::string>(),
                    list<double>(row.at("scale")), list<int64_t>(row.at("zero_point")));
  }
  for (const json& row : e.at("unread_files"))
    text += fmt::format("  {} was not read: {}\n", row.at("file").get<std::string>(),
                        row.at("reason").get<std::string>());
  return text;
}

}  // namespace vernier::core
