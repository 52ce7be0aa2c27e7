// A folder of files behind `vernier verify FOLDER` and `vernier generate FOLDER`.
#include <gmock/gmock.h>

#include "core/program/toy_folder.h"
#include "program/file_units.h"
#include "support/expect_error.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class ExportedProgram : public ToyFolder {
 protected:
  ExportedProgram() : model_(options()) {
    write_program_file(with_toy_files(model_.p, toy_document()), run_folder());
    folder_options_.folder = run_folder();
  }
  [[nodiscard]] GenerateOptions generate_options(const std::vector<int32_t>& prompt) const {
    GenerateOptions result;
    result.folder = folder_options_;
    result.prompt = prompt;
    return result;
  }

  Model model_;
  FolderOptions folder_options_;
};

TEST_F(ExportedProgram, IsHeldToItsProgram) {
  const json found = verify_folder(folder_options_);
  EXPECT_EQ(found.at("program"), "toy");
  EXPECT_EQ(found.at("units").size(), 7U);
  EXPECT_EQ(found.at("units").at(6).at("file"), "head.circle");
  EXPECT_EQ(found.at("generates"), true);
  uint64_t bytes = 0;
  for (const json& unit : found.at("units"))
    bytes += std::filesystem::file_size(run_folder() / unit.at("file").get<std::string>());
  EXPECT_EQ(found.at("bytes"), bytes);
  EXPECT_THAT(folder_table(found), HasSubstr("program toy: 7 units, "));
  std::filesystem::remove(run_folder() / "embed_decode.circle");
  test::expect_error(ErrorKind::kData, "embed_decode.circle is missing",
                     [&] { (void)verify_folder(folder_options_); });
  folder_options_.folder = folder_ / "nowhere";
  test::expect_error(ErrorKind::kData, "nowhere has no program.json",
                     [&] { (void)verify_folder(folder_options_); });
}

TEST_F(ExportedProgram, CountsAFileOfTwoUnitsOnce) {
  json document = read_json(run_folder() / "program.json");
  document["files"] = json::array({document["units"][0]["file"]});
  for (const char* key : {"format", "inputs", "outputs"}) document["files"][0].erase(key);
  const json bytes = verify_folder(folder_options_).at("bytes");
  test::write_file(run_folder() / "program.json", document.dump());
  EXPECT_EQ(verify_folder(folder_options_).at("bytes"), bytes);
}

TEST_F(ExportedProgram, MakesTokens) {
  const Program program = read_program_folder(run_folder());
  FileUnits units(program, run_folder(), *model_.p.services, *model_.p.hub);
  ProgramRun run(program, units);
  const std::vector<int32_t> prompt = {5, 11};
  const Generated wanted = generate(run, program, request(prompt), {32, {}});
  ASSERT_EQ(wanted.tokens.size(), 7U);
  json made = generate(generate_options(prompt));
  EXPECT_EQ(made, (json{{"prompt", 2}, {"tokens", wanted.tokens}, {"end", "context"}}));
  GenerateOptions less = generate_options(prompt);
  less.tokens = 3;
  EXPECT_EQ(generate(less).at("end"), "limit");
  EXPECT_EQ(generate(less).at("tokens").size(), 3U);
  less.stop = {wanted.tokens[1]};
  EXPECT_EQ(generate(less).at("end"), wanted.tokens[0] == wanted.tokens[1] ? json("limit") : json("stop"));
  GenerateOptions file = generate_options({});
  file.request = folder_ / "request.safetensors";
  test::write_tensors(file.request, request(prompt));
  EXPECT_EQ(generate(file), made);
}

TEST_F(ExportedProgram, RefusesWhatItCannotRunOn) {
  test::expect_error(ErrorKind::kUsage, "there is nothing to run on",
                     [&] { (void)generate(generate_options({})); });
  test::expect_error(ErrorKind::kData, "element 0 of input_ids is 24; legal are 0 to 23",
                     [&] { (void)generate(generate_options({24})); });
  test::expect_error(ErrorKind::kData, "the prompt has 8 tokens (input_ids); the program takes 1 to 7", [&] {
    (void)generate(generate_options({1, 2, 3, 4, 5, 6, 7, 8}));
  });
  GenerateOptions both = generate_options({1});
  both.request = folder_ / "request.safetensors";
  test::write_tensors(both.request, request({2}));
  test::expect_error(ErrorKind::kUsage, "the request has input_ids, and tokens of a prompt are given besides",
                     [&] { (void)generate(both); });
  GenerateOptions none = generate_options({1});
  none.tokens = 0;
  test::expect_error(ErrorKind::kUsage, "0 tokens are to be made; 1 at least", [&] { (void)generate(none); });
}

}  // namespace
}  // namespace vernier::core
