// `vernier run` of a recipe with Gemma4's program and pictures: one set for all forms and numbers of them
// without a float tensor in it, and the set that TICO's runtime expects.
#include <gtest/gtest.h>

#include <random>

#include "circle/reader.h"
#include "file/mapped_file.h"
#include "plugins/programs/gemma4/program_recipe.h"
#include "program/program_folder.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// gemma4_tiny: 24 slots for patches of 48 values, four of which become a soft token.
constexpr int kSlotsOfRecipe = 24, kPatchWidth = 48, kPlaceholder = 300;

struct Form {
  int rows, columns;
};

class PictureRecipe : public ProgramRecipeTest {
 protected:
  // A line for each row of forms: a prompt with these pictures, from token 2 on, and an answer of two tokens.
  std::string lines(uint32_t seed, const std::vector<std::vector<Form>>& requests) {
    std::mt19937 random(seed);
    std::string text;
    for (const std::vector<Form>& forms : requests) {
      json ids = {2}, pixels = json::array(), places = json::array();
      for (const Form& form : forms) {
        ids.push_back(301);
        for (int i = 0; i < form.rows * form.columns / 4; ++i) ids.push_back(kPlaceholder);
        json patches = json::array(), own_places = json::array();
        for (int slot = 0; slot < kSlotsOfRecipe; ++slot) {
          const bool has_patch = slot < form.rows * form.columns;
          json patch = json::array();
          for (int i = 0; i < kPatchWidth; ++i)
            patch.push_back(has_patch ? static_cast<double>(random() % 256) / 256.0 : 0.0);
          patches.push_back(std::move(patch));
          own_places.push_back(has_patch ? json::array({slot % form.columns, slot / form.columns})
                                         : json::array({-1, -1}));
        }
        pixels.push_back(std::move(patches));
        places.push_back(std::move(own_places));
      }
      for (int i = 0; i < 3; ++i) ids.push_back(3 + random() % 290);
      json line = {{"input_ids", {ids}}, {"answer_ids", {3 + random() % 290, 3 + random() % 290}}};
      if (!forms.empty()) line.update({{"pixel_values", pixels}, {"pixel_position_ids", places}});
      text += line.dump() + "\n";
    }
    return text;
  }
  static json recipe(int pictures, const char* activation, int samples) {
    json made = recipe_of({{"sequence", 20}, {"pictures", pictures}, {"image_slots", kSlotsOfRecipe}},
                          samples, activation);
    made["export"] = json::array({{{"backend", "circle"},
                                   {"file", "{unit}.q.circle"},
                                   {"gates", {{"float_ops", "== 0"}, {"float_tensors", "== 0"}}}}});
    return made;
  }
  [[nodiscard]] CircleFile file_of(const std::string& unit) const {
    const auto mapped = MappedFile::open(folder_ / "out" / (unit + ".q.circle"));
    return read_circle(mapped->bytes(), unit);
  }
  static std::vector<std::string> float_tensors(const CircleFile& model) {
    std::vector<std::string> names;
    for (const CircleSubgraph& graph : model.subgraphs) {
      for (const CircleTensor& tensor : graph.tensors) {
        if (tensor.type.rfind("FLOAT", 0) == 0) names.push_back(tensor.name);
      }
    }
    return names;
  }
};

const Form kUpright = {6, 4}, kFlat = {2, 6}, kEven = {4, 4};

// Prompts with no picture, with one of three forms, and with two, from one set of files.
TEST_F(PictureRecipe, NoFileHasAFloatTensor) {
  test::write_file(folder_ / "calibration.jsonl",
                   lines(1, {{kUpright}, {}, {kFlat, kEven}, {kEven}, {kFlat}}));
  test::write_file(folder_ / "evaluation.jsonl", lines(2, {{kEven, kFlat}, {kUpright}, {}}));
  const RunResult result = run(recipe(2, "uint8", 3));
  const Program written = read_program_folder(folder_ / "out");
  ASSERT_NE(written.find_unit("vision_prefill"), nullptr);
  for (const ProgramUnit& unit : written.units)
    EXPECT_EQ(float_tensors(file_of(unit.name)), std::vector<std::string>()) << unit.name;
  for (const ProgramBuffer& buffer : written.buffers) {
    const bool is_inside = buffer.role == BufferRole::kScratch && buffer.dtype == kFloat32;
    EXPECT_TRUE(!is_inside || buffer.qparams.has_value()) << buffer.name;
  }
  EXPECT_EQ(result.report->at("program").at("evaluation").at("samples"), 3);
}

// Few samples of a tower are told.
TEST_F(PictureRecipe, AUnitThatFewSamplesReachIsTold) {
  test::write_file(folder_ / "calibration.jsonl", lines(1, {{kUpright}, {}, {}}));
  test::write_file(folder_ / "evaluation.jsonl", lines(2, {{kUpright}}));
  json value = recipe(1, "uint8", 1);
  value["export"] = json::array();
  const json warnings = run(value).report->at("warnings");
  ASSERT_EQ(warnings.size(), 2U) << warnings;  // the other one is of the random answers
  EXPECT_EQ(
      warnings[1].at("text"),
      "only 1 of 3 calibration samples reach vision_prefill, multimodal_fusion_prefill: what is in them "
      "sees little");
}

}  // namespace
}  // namespace vernier::core::testing
