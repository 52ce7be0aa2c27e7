#include "report/html/page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/html/frame.h"
#include "report/html/sections.h"
#include "report/html/sites.h"
#include "report/html/table.h"
#include "report/html/text.h"
#include "report/html/units.h"
#include "report/html/verdict.h"
#include "vernier/core/shown_text.h"

namespace vernier::core::html {

namespace {

std::string provenance(const nlohmann::json& report, const nlohmann::json& recipe) {
  Table table({{"plugin"}, {"version"}, {"file"}, {"SHA-256"}});
  for (const auto& plugin : report.at("plugins")) {
    table.row({escape(plugin.at("id").get<std::string>()), escape(plugin.at("version").get<std::string>()),
               fmt::format("<code>{}</code>", escape(plugin.at("file").get<std::string>())),
               fmt::format("<code>{}</code>", escape(plugin.at("sha256").get<std::string>().substr(0, 16)))});
  }
  std::string text = table.html() + "<p></p><div class=\"tiles\">";
  for (const auto& [phase, seconds] : report.at("seconds").items())
    text += fmt::format("<div class=\"tile\"><b>{:.3f} s</b><span>{}</span></div>", seconds.get<double>(),
                        escape(phase));
  text += fmt::format("<div class=\"tile\"><b>{}</b><span>peak memory</span></div></div>\n",
                      bytes(report.at("memory").at("peak_bytes").get<double>()));
  text += fmt::format("<p></p><details><summary>effective recipe</summary><pre>{}</pre></details>\n",
                      escape(json_text(recipe, 2)));
  return text;
}

std::string log_lines(const nlohmann::json& report) {
  std::string text;
  for (const auto& line : report.at("log"))
    text += fmt::format("<p><b>{}</b> {}</p>\n", escape(line.at("plugin").get<std::string>()),
                        escape(line.at("text").get<std::string>()));
  return text;
}

}  // namespace

std::string page(const nlohmann::json& report, const nlohmann::json& recipe) {
  const auto& model = report.at("model");
  const std::string module = model.at("module").get<std::string>().empty()
                                 ? model.at("type").get<std::string>()
                                 : model.at("module").get<std::string>();
  std::string text = fmt::format(
      "<header><h1>{}</h1>\n<p class=\"dim\">{} · entry {} · recipe <code>{}</code> · vernier "
      "{}</p>\n{}</header>\n",
      breakable(module), escape(model.at("type").get<std::string>()),
      escape(model.at("entry").get<std::string>()), escape(report.at("recipe").get<std::string>()),
      escape(report.at("vernier").get<std::string>()), verdict(report));
  text += section("What to try next", next_steps(report));
  text += section("Gates", gates(report));
  text += section("Warnings", warnings(report));
  text += section("Float against quantized", metrics(report));
  text += section("Units", units(report));
  text +=
      section(is_refused(report) ? "Files that were made and not kept" : "Exported files", exports(report));
  text += section("The files, executed", executed(report));
  text += section("What sites cost", worst_sites(report));
  text += section("Where the error is made", made_errors(report));
  text += section("SQNR by module", sqnr_by_module(report));
  text += section("Bytes by module", bytes_by_module(report));
  text += section("Samples", worst_samples(report));
  text += section("Sites", sites(report));
  text += section("Output values", output_scatter(report));
  text += section("Graph", is_undrawn(report) ? "" : graphs(report));
  text += section("Distributions", distributions(report));
  text += section("Messages of plugins", log_lines(report));
  text += section("Provenance", provenance(report, recipe));
  return document(module, text);
}

}  // namespace vernier::core::html
