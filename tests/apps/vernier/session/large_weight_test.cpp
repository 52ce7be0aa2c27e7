// What a weight costs that is larger than the memory it may take.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "command_line.h"
#include "support/temp_folder.h"

namespace vernier::test {
namespace {

// A checkpoint of one bfloat16 table of zeros, which take no room on the disk.
void write_table(const std::filesystem::path& folder, int64_t rows, int64_t columns) {
  std::filesystem::create_directories(folder);
  const nlohmann::json entry = {
      {"dtype", "BF16"}, {"shape", {rows, columns}}, {"data_offsets", {0, 2 * rows * columns}}};
  std::string header = nlohmann::json{{"weight", entry}}.dump();
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<uint64_t>(header.size());
  const std::filesystem::path file = folder / "model.safetensors";
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof(length));
  out << header;
  out.close();
  std::filesystem::resize_file(file, 8 + length + static_cast<uint64_t>(2 * rows * columns));
}

nlohmann::json recipe_of(int64_t rows, int64_t columns) {
  const nlohmann::json input = {{"shape", {1, 4}}, {"dtype", "int64"}, {"low", 0}, {"high", rows}};
  return {
      {"version", 1},
      {"model",
       {{"checkpoint", "checkpoint"},
        {"module", ""},
        {"type", "Embedding"},
        {"config", {{"num_embeddings", rows}, {"embedding_dim", columns}}}}},
      {"quantization", {{"weight", {{"dtype", "uint4"}}}}},
      {"calibration", {{"inputs", {{"kind", "synthetic"}, {"inputs", {{"input", input}}}}}, {"samples", 1}}},
      {"export", {{{"backend", "circle"}, {"file", "out.circle"}}}}};
}

class LargeWeight : public ::testing::Test {
 protected:
  // Of a run on a table of that size.
  uint64_t peak(int64_t rows, const std::string& more = {}) {
    const std::string name = std::to_string(rows);
    write_table(folder_ / name / "checkpoint", rows, kColumns);
    write_file(folder_ / name / "recipe.json", recipe_of(rows, kColumns).dump(1));
    const Outcome outcome = run_vernier("run " + (folder_ / name / "recipe.json").string() + " --out " +
                                        (folder_ / name / "out").string() + more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
    return nlohmann::json::parse(read_file(folder_ / name / "out/report.json")).at("memory").at("peak_bytes");
  }

  static constexpr int64_t kColumns = 4000;
  TempFolder folder_;
};

// In float32 the table has 320 MB, its codes 40 MB; of either, no more than pieces are in memory.
TEST_F(LargeWeight, IsQuantizedInMemoryThatDoesNotGrowWithIt) {
  const uint64_t small = peak(100);
  EXPECT_LT(peak(20000), small + (uint64_t{96} << 20));
  EXPECT_EQ(std::filesystem::file_size(folder_ / "20000/out/out.circle") >> 20, 38u);
}

TEST_F(LargeWeight, ThatItsObserverNeedsWholeIsRefusedByPlanWithItsName) {
  write_table(folder_ / "checkpoint", 20000, kColumns);
  write_file(folder_ / "recipe.json", recipe_of(20000, kColumns).dump(1));
  const std::string plan = "plan " + (folder_ / "recipe.json").string() + " --set runtime.max_memory=300MiB";
  EXPECT_EQ(run_vernier(plan).exit_code, 0);
  const std::string whole =
      R"( --set export.0.profile=none)"
      R"( --set 'quantization.rules=[{"match": "weight", "observer": "mse", "granularity": "tensor"}]')";
  const Outcome outcome = run_vernier(plan + whole);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_NE(outcome.text.find("observer mse needs all of tensor weight in float32 at once"),
            std::string::npos)
      << outcome.text;
}

// 4.4 GB of zeros.
TEST_F(LargeWeight, AboveTwoGiBPlanSaysWhoLoadsTheFile) {
  write_table(folder_ / "checkpoint", 550000, kColumns);
  nlohmann::json recipe = recipe_of(550000, kColumns);
  recipe["quantization"]["weight"]["dtype"] = "uint8";
  write_file(folder_ / "recipe.json", recipe.dump(1));
  const std::string plan = "plan " + (folder_ / "recipe.json").string();
  const Outcome outcome = run_vernier(plan);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("2200000000 bytes of constants: above 2 GiB"), std::string::npos);
  EXPECT_NE(outcome.text.find("consumers that do not: onert"), std::string::npos) << outcome.text;
  const Outcome refused = run_vernier(plan + " --set export.0.profile=onert");
  EXPECT_EQ(refused.exit_code, 4) << refused.text;
  EXPECT_NE(refused.text.find("out.circle does not fit profile onert"), std::string::npos) << refused.text;
}

}  // namespace
}  // namespace vernier::test
