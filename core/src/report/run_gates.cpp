#include "vernier/core/run_gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/html/text.h"
#include "report/run_folder.h"
#include "report/verdict.h"
#include "text/quote.h"
#include "vernier/core/error.h"
#include "vernier/core/verdict.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// A cell of a table: no line break, no bar that ends it, no tag.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : one_line(text)) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`') result += '\\';
    result += c;
  }
  return result;
}

std::string junit_case(const std::string& name, const std::string& suite, const std::string* failure) {
  std::string text =
      fmt::format("    <testcase name=\"{}\" classname=\"{}\"", html::escape(name), html::escape(suite));
  if (failure == nullptr) return text + "/>\n";
  return text + fmt::format(">\n      <failure message=\"{0}\">{0}</failure>\n    </testcase>\n",
                            html::escape(*failure));
}

}  // namespace

json run_gates(const std::filesystem::path& folder) {
  const RunFolder run = read_run_folder(folder);
  if (!run.report.contains("verdict"))
    throw data_error(fmt::format("{} has no verdict", (folder / "report.json").string()), folder.string(),
                     "it is of an older vernier: run the recipe again");
  json rows = json::array();
  for (const JudgedGate& gate : judged_gates(run.report))
    rows.push_back({{"text", gate.text}, {"met", gate.met}});
  for (const std::string& file : refused_files(run.report)) rows.push_back({{"text", file}, {"met", false}});
  const json& model = run.report.at("model");
  const std::string module = model.at("module").get<std::string>().empty()
                                 ? model.at("type").get<std::string>()
                                 : model.at("module").get<std::string>();
  return {{"folder", folder.string()},
          {"module", module},
          {"verdict", run.report.at("verdict")},
          {"gates", rows}};
}

std::string gates_text(const json& gates) {
  std::string text;
  for (const json& gate : gates.at("gates"))
    text += fmt::format("{}  {}\n", gate.at("met").get<bool>() ? "met    " : "not met",
                        one_line(gate.at("text").get<std::string>()));
  return text +
         verdict_line(gates, std::filesystem::path(gates.at("folder").get<std::string>()) / "report.html") +
         "\n";
}

std::string gates_markdown(const json& gates) {
  const json& verdict = gates.at("verdict");
  std::string text =
      fmt::format("## {}: {}\n\n{}\n\n", cell(gates.at("module").get<std::string>()),
                  verdict.at("result").get<std::string>(), cell(verdict.at("headline").get<std::string>()));
  if (!gates.at("gates").empty()) text += "| gate | met |\n|---|---|\n";
  for (const json& gate : gates.at("gates"))
    text += fmt::format("| {} | {} |\n", cell(gate.at("text").get<std::string>()),
                        gate.at("met").get<bool>() ? "yes" : "**no**");
  for (const json& reason : verdict.at("reasons"))
    text += fmt::format("\n- {}", cell(reason.get<std::string>()));
  return text + (verdict.at("reasons").empty() ? "" : "\n");
}

std::string gates_junit(const json& gates) {
  const std::string suite = gates.at("module");
  const json& verdict = gates.at("verdict");
  const json& rows = gates.at("gates");
  std::string cases;
  size_t failures = 0;
  for (const json& gate : rows) {
    const std::string text = gate.at("text");
    const bool met = gate.at("met");
    failures += met ? 0 : 1;
    cases += junit_case(text, suite, met ? nullptr : &text);
  }
  if (rows.empty()) {
    const std::string headline = verdict.at("headline");
    const bool is_fail = verdict.at("result") == "FAIL";
    failures = is_fail ? 1 : 0;
    cases = junit_case("verdict", suite, is_fail ? &headline : nullptr);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" "
      "failures=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      html::escape(suite), std::max<size_t>(rows.size(), 1), failures, cases);
}

}  // namespace vernier::core
