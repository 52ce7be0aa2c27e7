// A plugin that breaks the contract gets an error that says so; the host never crashes and leaves nothing
// behind.
#include "core/session/run_recipe.h"

#include <nlohmann/json.hpp>
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

struct Fault {
  const char* part;  // wrapper, observer, backend or executor
  const char* fault;
  const char* text;  // stands in the error
};

class MisbehavingPlugin : public ::testing::TestWithParam<Fault> {
 protected:
  // A Linear inside the wrapper, on random weights and inputs.
  static nlohmann::json recipe(const std::filesystem::path& checkpoint, const Fault& fault) {
    const std::string part = fault.part, word = fault.fault;
    nlohmann::json options = {{"fault", word}};
    nlohmann::json result = {
        {"version", 1},
        {"model",
         {{"checkpoint", checkpoint.string()},
          {"module", ""},
          {"type", "Misbehaves"},
          {"config", nlohmann::json::object()}}},
        {"quantization",
         {{"activation", {{"observer", "misbehaves"}, {"dtype", "uint8"}}},
          {"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}}},
        {"calibration",
         {{"inputs",
           {{"kind", "synthetic"},
            {"inputs", {{"input", {{"shape", {2, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
          {"samples", 2}}},
        {"export",
         {{{"backend", "misbehaves"},
           {"file", "out.bin"},
           {"options", part == "backend" ? options : nlohmann::json::object()}}}}};
    if (part == "executor")
      result["export"][0]["verify"] = {{"options", options}, {"gates", {{"max_step", "<= 1000000"}}}};
    if (part == "wrapper") result["model"]["config"] = options;
    if (part == "observer") result["quantization"]["activation"]["options"] = options;
    return result;
  }
};

TEST_P(MisbehavingPlugin, IsToldAndLeavesNothing) {
  const test::TempFolder folder;
  test::write_file(folder / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [{"name": "dense.weight", "dtype": "float32",)"
                   R"( "shape": [3, 4], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder / "description.json", folder / "checkpoint");
  test::write_file(folder / "recipe.json", recipe(folder / "checkpoint", GetParam()).dump(2));
  SessionOptions options;
  options.recipe = folder / "recipe.json";
  options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/misbehaves/misbehaves.so"};
  options.out = folder / "run";
  options.device = &make_reference_device;
  if (std::string(GetParam().fault) == "none") {
    EXPECT_NO_THROW(run(options));
    EXPECT_EQ(test::read_file(folder / "run/out.bin"), "half a file");
    EXPECT_EQ(test::files_in(folder / "run"), 6u) << "out.bin, report.json, report.html, qparams.json, "
                                                     "recipe.effective.json, the manifest and nothing else";
    return;
  }
  try {
    run(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.format().find(GetParam().text), std::string::npos) << error.format();
    EXPECT_NE(error.format().find("org.example.fixture.misbehaves"), std::string::npos)
        << "the plugin is not named\n"
        << error.format();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, MisbehavingPlugin,
    ::testing::Values(
        Fault{"wrapper", "none", ""}, Fault{"wrapper", "site twice", "\"act\" is declared twice"},
        Fault{"wrapper", "child twice", "\"dense\" is declared twice"},
        Fault{"wrapper", "own child", "nested more than 64 deep"},
        Fault{"wrapper", "unknown child", "did you mean \"Linear\"?"},
        Fault{"wrapper", "throws int", "an exception of unknown type"},
        Fault{"wrapper", "empty name", "a site without a name"},
        Fault{"wrapper", "declares while running", "not being created"},
        Fault{"wrapper", "invented value", "not a live value"},
        Fault{"wrapper", "invented site", "no site of this tree"},
        Fault{"wrapper", "value as site", "no site of this tree"},
        Fault{"wrapper", "invented parameter", "not a parameter of this tree"},
        Fault{"wrapper", "stale context", "no such forward is running"},
        Fault{"wrapper", "stale value", "not a live value"}, Fault{"wrapper", "shapes", "add: "},
        Fault{"wrapper", "counts its calls",
              "step 0 was quantize at dense/act_in of module dense giving float32[2, 4], then neg of module "
              "<root>"},
        Fault{"wrapper", "axis by call",
              "step 0, softmax of module <root> giving float32[2, 4], had other arguments the second"},
        Fault{"wrapper", "wrong axis", "slice: axis 9"}, Fault{"wrapper", "index of floats", "embedding: "},
        Fault{"wrapper", "null output", "not a live value"}, Fault{"wrapper", "throws", "no reason at all"},
        Fault{"observer", "zero scale", "gave scale 0"}, Fault{"observer", "NaN scale", "gave scale nan"},
        Fault{"observer", "zero point", "zero point 256"}, Fault{"observer", "throws", "cannot say"},
        Fault{"backend", "throws", "disk on fire"}, Fault{"backend", "value past the end", "100000"},
        Fault{"backend", "constant past its end", "were asked for"},
        Fault{"backend", "invented sink", "no such sink is open"},
        Fault{"backend", "invented graph", "no such graph is being exported"},
        Fault{"backend", "companion outside", "a companion file cannot end in"},
        Fault{"executor", "none", ""}, Fault{"executor", "throws on open", "cannot read that"},
        Fault{"executor", "throws", "out of luck"}, Fault{"executor", "no output", "gave no output 0"},
        Fault{"executor", "invented results", "no such run is going on"},
        Fault{"executor", "short", "gave 23 bytes"}, Fault{"executor", "third output", "output 2 of 1"},
        Fault{"executor", "twice", "output 0 twice"},
        Fault{"executor", "negative extent", "the shape [-2, 4]"},
        Fault{"executor", "scale of nothing", "qparams"}),
    [](const auto& one) {
      std::string name = std::string(one.param.part) + "_" + one.param.fault;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

}  // namespace
}  // namespace vernier::core::testing
