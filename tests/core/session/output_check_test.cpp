#include "session/output_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin/catalog.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using test::write_file;
using testing::HasSubstr;

// A checkpoint, a calibration file, samples x_0.npy, a plugin folder and a recipe that names them.
class Outputs : public ::testing::Test {
 protected:
  Outputs() {
    write_file(folder_ / "ckpt/model.safetensors", "weights");
    write_file(folder_ / "ckpt/config.json", "{}");
    write_file(folder_ / "ckpt/parts/a.bin", "more");
    write_file(folder_ / "data/calibration.safetensors", "samples");
    write_file(folder_ / "data/x_0.npy", "sample");
    write_file(folder_ / "plugins/own.so", "library");
    write_file(folder_ / "given.so", "library");
  }

  // The error of a run into `out` that exports `file`; empty where there is none.
  std::string refusal(const std::string& out, const std::string& file, bool save_outputs = false,
                      const std::string& recipe_name = "recipe.json") {
    const std::string text = R"({
 "version": 1,
 "model": {"checkpoint": "ckpt", "type": "Linear"},
 "plugins": {"search": ["plugins"]},
 "calibration": {"inputs": {"kind": "safetensors", "path": "data/calibration.safetensors"}},
 "evaluation": {"inputs": {"kind": "npy", "path": "data/x_{sample}.npy"}},
 "export": [{"backend": "b", "file": ")" +
                             file + R"("}]
})";
    const fs::path recipe_file = folder_ / recipe_name;
    if (!fs::exists(recipe_file)) write_file(recipe_file, text);
    SessionOptions options;
    options.recipe = recipe_file;
    options.out = folder_ / out;
    options.plugin_files = {folder_ / "given.so"};
    options.save_outputs = save_outputs;
    try {
      OutputCheck check = check_outputs(options, parse_recipe(text, recipe_file), Catalog({}));
      if (!appears_.empty()) fs::create_directories(folder_ / appears_);
      for (const std::string& companion : companions_)
        check.add_output(companion, "the companion file", "there");
      return "";
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kUsage || error.kind() == ErrorKind::kData);
      return "exit " + std::to_string(error.exit_code()) + "\n" + error.format();
    }
  }

  TempFolder folder_;
  std::vector<std::string> companions_;
  std::string appears_;  // a folder that comes into being while the run goes on
};

struct Clash {
  const char* out;
  const char* file;
  const char* text;   // of the error
  const char* input;  // where the input was named
};

class OutputsThatClash : public Outputs, public ::testing::WithParamInterface<Clash> {};

TEST_P(OutputsThatClash, AreRefusedAndBothPlacesAreNamed) {
  write_file(folder_ / "out/dir/x", "x");
  fs::create_hard_link(folder_ / "ckpt/model.safetensors", folder_ / "out/hard.bin");
  fs::create_hard_link(folder_ / "ckpt/parts/a.bin", folder_ / "out/deep_hard.bin");
  fs::create_symlink(folder_ / "ckpt/config.json", folder_ / "out/soft.bin");
  fs::create_symlink(folder_ / "data/calibration.safetensors", folder_ / "out/data.bin");
  fs::create_hard_link(folder_ / "given.so", folder_ / "out/given.bin");
  fs::create_hard_link(folder_ / "plugins/own.so", folder_ / "out/own.bin");
  fs::create_directory_symlink(folder_ / "ckpt", folder_ / "link");
  fs::create_directory_symlink(folder_ / "data", folder_ / "out/data");
  const std::string error = refusal(GetParam().out, GetParam().file);
  EXPECT_THAT(error, HasSubstr("exit 2"));
  EXPECT_THAT(error, HasSubstr(GetParam().text));
  EXPECT_THAT(error, HasSubstr(GetParam().input));
}

INSTANTIATE_TEST_SUITE_P(
    Neighbours, OutputsThatClash,
    ::testing::Values(
        Clash{"ckpt", "model.safetensors", "would be written into the checkpoint",
              ":3:26 (/model/checkpoint)"},
        Clash{"ckpt", "new.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"ckpt/quantized", "m.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"ckpt/../ckpt", "m.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"link", "m.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"link/deep/er", "m.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"", "m.bin", "holds the checkpoint", "(/model/checkpoint)"},
        Clash{"out", "hard.bin", "would be written into the checkpoint", ":7:38 (/export/0/file)"},
        Clash{"out", "deep_hard.bin", "would be written into the checkpoint", "(/model/checkpoint)"},
        Clash{"out", "soft.bin", "would be written into the checkpoint", "(/export/0/file)"},
        Clash{"out", "data.bin", "would overwrite a calibration input", ":5:60 (/calibration/inputs/path)"},
        Clash{"out", "data/calibration.safetensors", "would overwrite a calibration input",
              "(/calibration/inputs/path)"},
        Clash{"data", "calibration.safetensors", "would overwrite a calibration input", "(/export/0/file)"},
        Clash{"data", "x_0.npy", "would overwrite an evaluation input", "(/evaluation/inputs/path)"},
        Clash{"data", "x_7.npy", "would overwrite an evaluation input", "(/evaluation/inputs/path)"},
        Clash{"recipe.json", "m.bin", "is the recipe", "recipe.json"},
        Clash{"out", "given.bin", "would overwrite a plugin library", "--plugin "},
        Clash{"out", "own.bin", "would overwrite a plugin library", "(/plugins/search/0)"},
        Clash{"out", ".vernier-0123456789abcdef.tmp", "is a name for temporary files", "(/export/0/file)"}));

TEST_F(Outputs, ARecipeNamedAsAnOutputIsRefused) {
  for (const char* name :
       {"run/report.json", "run/qparams.json", "run/recipe.effective.json", "run/report.html"})
    EXPECT_THAT(refusal("run", "m.bin", false, name), HasSubstr("would overwrite the recipe")) << name;
}

TEST_F(Outputs, TwoOutputsOfOneNameAreRefused) {
  EXPECT_EQ(refusal("out", "outputs.safetensors"), "");
  const std::string error = refusal("out", "outputs.safetensors", true);
  EXPECT_THAT(error, HasSubstr("exit 2"));
  EXPECT_THAT(error, HasSubstr("would have one name"));
  EXPECT_THAT(error, HasSubstr("(/export/0/file) and --save-outputs"));
  EXPECT_THAT(refusal("out", "report.json/m.bin"), HasSubstr("would have one name")) << "a file as a folder";
  companions_ = {"m.bin.data", "m.bin.data"};
  EXPECT_THAT(refusal("out", "m.bin"), HasSubstr("would have one name"));
}

TEST_F(Outputs, ACompanionIsCheckedWhenItIsAskedFor) {
  companions_ = {"calibration.safetensors"};
  EXPECT_THAT(refusal("data", "m.bin"), HasSubstr("the companion file"));
  companions_ = {"m.bin.data"};
  EXPECT_EQ(refusal("out", "m.bin"), "");
}

TEST_F(Outputs, AFolderThatAppearsMeanwhileIsTheSamePlace) {
  for (const char* folder : {"new", "new/er", "new/er/out"}) {
    appears_ = folder;
    companions_ = {"m.bin.data"};
    EXPECT_EQ(refusal("new/er/out", "m.bin"), "") << folder;
    companions_ = {"m.bin"};
    EXPECT_THAT(refusal("new/er/out", "m.bin"), HasSubstr("would have one name")) << folder;
    fs::remove_all(folder_ / "new");
  }
}

TEST_F(Outputs, WhatLeadsOutOrCannotBeWrittenIsRefused) {
  write_file(folder_ / "elsewhere/x", "x");
  fs::create_directories(folder_ / "out/report.html");
  EXPECT_THAT(refusal("out", "m.bin"), HasSubstr("report.html is a folder"));
  fs::remove(folder_ / "out/report.html");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "out/sub");
  EXPECT_THAT(refusal("out", "sub/m.bin"), HasSubstr("leads out of the output folder"));
  ASSERT_EQ(::mkfifo((folder_ / "out/pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal("out", "pipe"), HasSubstr("no regular file"));
  fs::create_directories(folder_ / "out/real");
  fs::create_directory_symlink("real", folder_ / "out/inner");
  EXPECT_EQ(refusal("out", "inner/m.bin"), "") << "it stays inside";
}

TEST_F(Outputs, WhatOnlyLiesBesideAnInputIsTaken) {
  EXPECT_EQ(refusal("data", "m.bin"), "");
  EXPECT_EQ(refusal("plugins", "m.bin"), "");
  EXPECT_EQ(refusal("ckpt2", "model.safetensors"), "");
  EXPECT_EQ(refusal("out/deep", "sub/m.bin"), "");
}

TEST(Synthesize, NeverWritesOverItsDescription) {
  TempFolder folder;
  const std::string text = R"({"seed": 1, "config": {}, "tensors": []})";
  write_file(folder / "config.json", text);
  try {
    synthesize(folder / "config.json", folder.path());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.format(), HasSubstr("would overwrite the description"));
  }
  EXPECT_EQ(test::read_file(folder / "config.json"), text);
  EXPECT_EQ(test::files_in(folder.path()), 1u);
}

}  // namespace
}  // namespace vernier::core
