// Each status that a header promises is returned: the plugin in tests/abi/statuses makes the calls, this test
// holds what came back against what was wanted, and the list of calls against the headers' comments.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "support/temp_folder.h"
#include "support/tensors.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using test::ramp;
using test::write_tensors;

const std::map<std::string, vernier_status> kStatuses = {{"INVALID_ARGUMENT", VERNIER_INVALID_ARGUMENT},
                                                         {"NOT_FOUND", VERNIER_NOT_FOUND},
                                                         {"FAILED_PRECONDITION", VERNIER_FAILED_PRECONDITION},
                                                         {"OUT_OF_RANGE", VERNIER_OUT_OF_RANGE},
                                                         {"UNIMPLEMENTED", VERNIER_UNIMPLEMENTED},
                                                         {"INTERNAL", VERNIER_INTERNAL},
                                                         {"INVALID_HANDLE", VERNIER_INVALID_HANDLE},
                                                         {"OUT_OF_MEMORY", VERNIER_OUT_OF_MEMORY},
                                                         {"DATA_LOSS", VERNIER_DATA_LOSS},
                                                         {"CANCELLED", VERNIER_CANCELLED},
                                                         {"DATA_DEPENDENT", VERNIER_DATA_DEPENDENT}};

std::set<vernier_status> statuses_in(const std::string& text) {
  static const std::regex kWord("VERNIER_([A-Z_]+)");
  std::set<vernier_status> result;
  for (std::sregex_iterator it(text.begin(), text.end(), kWord), end; it != end; ++it) {
    const auto found = kStatuses.find((*it)[1]);
    if (found != kStatuses.end()) result.insert(found->second);
  }
  return result;
}

struct Function {
  std::string name;     // "module.parameter"
  std::string comment;  // its own, without line breaks
  std::string common;   // "All: ..." of its interface
};

// The functions of `struct` in a header of the ABI with their comments.
std::vector<Function> functions_of(const std::string& header, const std::string& type) {
  std::ifstream in(fs::path(VERNIER_SOURCE_DIR) / "sdk/include/vernier/abi" / (header + ".h"));
  EXPECT_TRUE(in.good()) << header;
  static const std::regex kName(R"(\(\*([a-z_]+)\)\()");
  std::vector<Function> result;
  std::string comment, common;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const size_t slashes = line.find("// ");
    if (slashes != std::string::npos && line.find_first_not_of(' ') == slashes) {
      comment += line.substr(slashes + 3) + " ";
      continue;
    }
    std::smatch name;
    if (line == "typedef struct " + type + " {") {
      inside = true;
      const size_t all = comment.find("All:");
      common = all == std::string::npos ? "" : comment.substr(all);
    } else if (line.rfind("} " + type, 0) == 0) {
      inside = false;
    } else if (inside && std::regex_search(line, name, kName)) {
      result.push_back({header + "." + name[1].str(), comment, common});
    }
    comment.clear();
  }
  EXPECT_FALSE(result.empty()) << type;
  return result;
}

const char* const kInterfaces[] = {"json", "module", "context", "ops", "kernels", "graph", "sink", "results"};
const char* const kComponents[] = {"wrapper", "observer", "backend", "executor"};

TEST(Headers, EachFunctionsCommentEndsWithItsThreadAndPhase) {
  static const std::regex kTag(
      R"(\[(main thread|any thread|one thread at a time per (tree|instance)|)"
      R"(the (forward's|writing|running) thread)( & (loading|creating|running|calibrating|exporting|)"
      R"(verifying|no other call running))?\] $)");
  std::vector<Function> all = functions_of("host", "vernier_host");
  for (const char* header : kInterfaces) {
    for (Function& one : functions_of(header, std::string("vernier_") + header + "_interface"))
      all.push_back(std::move(one));
  }
  for (const char* header : kComponents) {
    for (Function& one : functions_of(header, std::string("vernier_") + header))
      all.push_back(std::move(one));
  }
  for (Function& one : functions_of("entry", "vernier_entry")) all.push_back(std::move(one));
  for (Function& one : functions_of("draft/processor", "vernier_processor")) all.push_back(std::move(one));
  for (Function& one : functions_of("draft/program", "vernier_program")) all.push_back(std::move(one));
  EXPECT_EQ(all.size(), 71u) << "a new function needs a tag, and a row for each status it promises";
  for (const Function& one : all)
    EXPECT_TRUE(std::regex_search(one.comment, kTag)) << one.name << ": " << one.comment;
}

Tensor integers(Shape shape, DType dtype) {
  Tensor x = Tensor::allocate(dtype, std::move(shape));
  std::memset(x.mutable_as<std::byte>(), 0, x.bytes());
  if (x.elements() > 1) x.mutable_as<uint8_t>()[dtype.bytes(1)] = 3;  // the second: row 3 of a table
  return x;
}

struct Row {
  std::string function, what;
  vernier_status wanted, got;
};

// Runs the whole plugin: declared, calibrated, exported, its file executed. Returns what it logged.
std::vector<Row> rows_of_a_run() {
  const test::TempFolder folder;
  write_tensors(folder / "checkpoint/model.safetensors", {{"weight", ramp({2, 4})},
                                                          {"table", ramp({5, 3})},
                                                          {"other", ramp({5})},
                                                          {"scale", ramp({1})},
                                                          {"integers", integers({2}, kInt32)},
                                                          {"one_integer", integers({1}, kInt32)}});
  std::map<std::string, Tensor> inputs;
  for (const char* sample : {".0", ".1"}) {
    inputs[std::string("x") + sample] = ramp({2, 4});
    inputs[std::string("ids") + sample] = integers({2}, kInt32);
  }
  write_tensors(folder / "inputs.safetensors", inputs);
  test::write_file(folder / "checkpoint/config.json", "{}");
  const nlohmann::json recipe = {
      {"version", 1},
      {"model",
       {{"checkpoint", (folder / "checkpoint").string()},
        {"module", ""},
        {"type", "Statuses"},
        {"config", nlohmann::json::object()}}},
      {"quantization",
       {{"activation", {{"observer", "statuses"}, {"dtype", "uint8"}}},
        {"weight", {{"observer", "statuses"}, {"dtype", "uint8"}, {"granularity", "tensor"}}}}},
      {"calibration",
       {{"inputs", {{"kind", "safetensors"}, {"path", (folder / "inputs.safetensors").string()}}}}},
      {"export",
       {{{"backend", "statuses"},
         {"file", "out.bin"},
         {"verify", {{"executor", "statuses"}, {"gates", {{"max_step", "<= 1000000"}}}}}}}}};
  test::write_file(folder / "recipe.json", recipe.dump(2));
  SessionOptions options;
  options.recipe = folder / "recipe.json";
  options.plugin_files = {fs::path(VERNIER_BINARY_DIR) / "fixtures/statuses/statuses.so"};
  options.out = folder / "run";
  options.device = &make_reference_device;
  const RunResult result = run(options);
  std::vector<Row> rows;
  for (const auto& line : result.report->at("log")) {
    std::istringstream text(line.at("text").get<std::string>());
    std::string mark, wanted, got;
    Row row;
    std::getline(text, mark, '\t');
    if (mark != "STATUS") continue;
    std::getline(text, row.function, '\t');
    std::getline(text, row.what, '\t');
    std::getline(text, wanted, '\t');
    std::getline(text, got, '\t');
    row.wanted = std::stoi(wanted);
    row.got = std::stoi(got);
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(Statuses, EachFunctionReturnsEachStatusThatItsCommentPromises) {
  const std::vector<Row> rows = rows_of_a_run();
  std::map<std::string, std::set<vernier_status>> driven;
  for (const Row& row : rows) {
    EXPECT_EQ(row.got, row.wanted) << row.function << ": " << row.what;
    driven[row.function].insert(row.wanted);
  }
  EXPECT_GE(rows.size(), 300u);
  const auto check = [&](const Function& one, std::set<vernier_status> promised) {
    promised.merge(statuses_in(one.comment));
    promised.merge(statuses_in(one.common));
    for (vernier_status status : promised)
      EXPECT_EQ(driven[one.name].count(status), 1u)
          << one.name << " promises status " << status << ", nobody tries it";
  };
  for (const char* header : kInterfaces) {
    for (const Function& one : functions_of(header, std::string("vernier_") + header + "_interface"))
      check(one, {VERNIER_INVALID_ARGUMENT});  // null pointers, see status.h
  }
  for (const Function& one : functions_of("host", "vernier_host")) check(one, {});
}

}  // namespace
}  // namespace vernier::core
