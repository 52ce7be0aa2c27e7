// A program's document, written piece by piece: buffers, tables and units in any order before the steps that
// name them, then phases, each with its steps. docs/program.md says what all of it means; the host checks it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vernier/config.h"

namespace vernier {

class ProgramDocument {
 public:
  using Names = std::vector<std::string>;
  // Buffers by a host step's own names for them: {{"x", "hidden"}}.
  using Wires = std::vector<std::pair<std::string_view, std::string>>;

  struct Unit {
    std::string name, module, entry;
    Names inputs, outputs;  // in the entry's order
    Config more = {};       // {"place", "host"}, {"open", …}
  };

  ProgramDocument(std::string_view name, std::string_view summary)
      : name_(Config::Entry(name).json()), summary_(Config::Entry(summary).json()) {}

  // What the document was made for.
  void bind(std::string_view name, const Config::Entry& value) { add(profile_, name, value.json()); }
  // Returns `name`. `more`: {"fill", 0}, {"lengths", …}, …
  std::string buffer(const std::string& name, std::string_view dtype, const std::vector<int64_t>& shape,
                     std::string_view role, const Config& more = {}) {
    add(buffers_, name,
        with(R"("dtype": )" + Config::Entry(dtype).json() + R"(, "shape": )" + list(shape) + R"(, "role": )" +
                 Config::Entry(role).json(),
             more));
    return name;
  }
  void table(std::string_view name, std::string_view parameter, int64_t rows, int64_t columns,
             double multiplier) {
    add(tables_, name,
        with(R"("parameter": )" + Config::Entry(parameter).json() + R"(, "shape": )" + list({rows, columns}),
             {{"multiplier", multiplier}}));
  }
  void unit(const Unit& unit) {
    units_[unit.name] = {unit.inputs, unit.outputs};
    separate(unit_rows_);
    unit_rows_ +=
        with(R"("name": )" + Config::Entry(unit.name).json() + R"(, "module": )" +
                 Config::Entry(unit.module).json() + R"(, "entry": )" + Config::Entry(unit.entry).json() +
                 R"(, "inputs": )" + list(unit.inputs) + R"(, "outputs": )" + list(unit.outputs),
             unit.more);
  }

  // Begins a phase: the steps that follow are its own. `runs`: once, each_picture, each_token.
  void phase(std::string_view name, std::string_view runs) {
    phases_.push_back(
        {R"("name": )" + Config::Entry(name).json() + R"(, "runs": )" + Config::Entry(runs).json(), ""});
  }
  // Runs a unit on buffers in the order of its inputs and outputs. Throws VERNIER_INVALID_ARGUMENT where
  // there is no such unit, or it has another number of them.
  void run(const std::string& name, const Names& inputs, const Names& outputs) {
    const auto known = units_.find(name);
    if (known == units_.end()) throw invalid_argument("a step runs " + name + ", which is no unit");
    step(R"("unit": )" + Config::Entry(name).json() + R"(, "inputs": )" +
         wired(name, known->second.first, inputs) + R"(, "outputs": )" +
         wired(name, known->second.second, outputs));
  }
  void host(std::string_view name, const Wires& inputs, const Wires& outputs, const Config& arguments = {}) {
    std::string text = R"("host": )" + Config::Entry(name).json();
    if (!inputs.empty()) text += R"(, "inputs": )" + wires(inputs);
    if (!outputs.empty()) text += R"(, "outputs": )" + wires(outputs);
    if (arguments.json() != "{}") text += R"(, "arguments": )" + arguments.json();
    step(text);
  }

  // How tokens are made: `token` and `logits` are buffers.
  void generation(std::string_view token, std::string_view logits, int64_t context,
                  const std::vector<int64_t>& stop) {
    generation_ = R"({"token": )" + Config::Entry(token).json() + R"(, "logits": )" +
                  Config::Entry(logits).json() + R"(, "context": )" + std::to_string(context) +
                  R"(, "stop": )" + list(stop) + "}";
  }

  [[nodiscard]] std::string json() const {
    std::string text = R"({"version": 1, "name": )" + name_ + R"(, "summary": )" + summary_ +
                       R"(, "profile": {)" + profile_ + R"(}, "buffers": {)" + buffers_ + "}";
    if (!tables_.empty()) text += R"(, "tables": {)" + tables_ + "}";
    text += R"(, "units": [)" + unit_rows_ + R"(], "phases": [)";
    for (const auto& [head, steps] : phases_)
      text += (text.back() == '[' ? "{" : ", {") + head + R"(, "steps": [)" + steps + "]}";
    text += "]";
    if (!generation_.empty()) text += R"(, "generation": )" + generation_;
    return text + "}";
  }

 private:
  static void separate(std::string& rows) {
    if (!rows.empty()) rows += ", ";
  }
  static void add(std::string& members, std::string_view name, const std::string& json) {
    separate(members);
    members += Config::Entry(name).json() + ": " + json;
  }
  // An object of `members` and those of `more`.
  static std::string with(const std::string& members, const Config& more) {
    const std::string& text = more.json();
    return "{" + members + (text == "{}" ? "}" : ", " + text.substr(1));
  }
  static std::string list(const std::vector<int64_t>& numbers) {
    std::string text;
    for (const int64_t one : numbers) text += (text.empty() ? "" : ", ") + std::to_string(one);
    return "[" + text + "]";
  }
  static std::string list(const Names& names) {
    std::string text;
    for (const std::string& one : names) text += (text.empty() ? "" : ", ") + Config::Entry(one).json();
    return "[" + text + "]";
  }
  static std::string wires(const Wires& wires) {
    std::string members;
    for (const auto& [name, buffer] : wires) add(members, name, Config::Entry(buffer).json());
    return "{" + members + "}";
  }
  static std::string wired(const std::string& unit, const Names& names, const Names& buffers) {
    if (names.size() != buffers.size())
      throw invalid_argument("a step gives " + unit + " " + std::to_string(buffers.size()) +
                             " buffers where it has " + std::to_string(names.size()));
    std::string members;
    for (size_t i = 0; i < names.size(); ++i) add(members, names[i], Config::Entry(buffers[i]).json());
    return "{" + members + "}";
  }
  void step(const std::string& members) {
    if (phases_.empty()) throw invalid_argument("a step stands in a phase");
    separate(phases_.back().second);
    phases_.back().second += "{" + members + "}";
  }

  std::string name_, summary_, profile_, buffers_, tables_, unit_rows_, generation_;
  std::map<std::string, std::pair<Names, Names>> units_;     // inputs and outputs
  std::vector<std::pair<std::string, std::string>> phases_;  // name and runs; steps
};

}  // namespace vernier
