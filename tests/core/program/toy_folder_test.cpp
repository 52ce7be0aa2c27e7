// A program over Circle files in our executor: made of what its units saw in float, written with its files'
// grids, opened, run; codes go from file to file unchanged. What does not fit is refused by name.
#include <gmock/gmock.h>

#include "core/program/toy_folder.h"
#include "program/codes.h"
#include "program/file_units.h"
#include "session/pipeline.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using namespace testing;

TEST_F(ToyFolder, RunsItsFilesAsTheQuantizedModelDoes) {
  const SessionOptions session_options = options();
  Pipeline pipeline(session_options);
  (void)pipeline.trace();
  pipeline.calibrate();
  (void)pipeline.capture_for_export();
  const Program program = with_toy_files(pipeline.p, toy_document());
  write_program_file(program, run_folder());
  const Program read = read_program_folder(run_folder());
  EXPECT_EQ(program_json(read), program_json(program));

  FileUnits files(read, run_folder(), *pipeline.p.services, *pipeline.p.hub);
  EntryUnits quantized(program, *pipeline.p.services, *pipeline.p.tree, *pipeline.device, Reading::kQuantize);
  ProgramRun file_run(read, files), quantized_run(program, quantized);
  size_t equal = 0, all = 0;
  for (const std::vector<int32_t>& prompt : prompts()) {
    file_run.begin(request(prompt));
    quantized_run.begin(request(prompt));
    for (;;) {
      const Tensor ours = file_run.value("logits"), theirs = quantized_run.value("logits");
      const float step = read.find_buffer("logits")->qparams->scale.front();
      for (int64_t i = 0; i < ours.elements(); ++i)
        EXPECT_NEAR(ours.as<float>()[i], theirs.as<float>()[i], 2.5F * step);
      equal += file_run.token() == quantized_run.token() ? 1 : 0;
      ++all;
      if (!file_run.has_room()) break;
      file_run.decode(quantized_run.token());
      quantized_run.decode(quantized_run.token());
    }
  }
  EXPECT_EQ(equal, all);
}

TEST_F(ToyFolder, HandsCodesOnUnchanged) {
  Model model(options());
  const Program program = with_toy_files(model.p, toy_document());
  FileUnits files(program, run_folder(), *model.p.services, *model.p.hub);
  std::map<std::string, Tensor> cached;  // past_k of the decode of layer 1
  ProgramRun run(program, files, RunControl::none(), [&](const UnitCall& call) {
    if (program.units[call.unit].name == "layer_decode_1") cached["k"] = call.inputs[4];
  });
  run.begin(request({1, 2, 3}));
  const Tensor before = run.content("cache_k_1");
  EXPECT_EQ(before.dtype, kInt16);
  // What prefill gave stands in the cache, code for code; the slots behind it hold the code of 0.
  const QParams& grid = *program.find_buffer("cache_k_1")->qparams;
  for (int64_t slot = 3; slot < 7; ++slot) {
    for (int64_t i = 0; i < 8; ++i) EXPECT_EQ(before.as<int16_t>()[slot * 8 + i], grid.zero_point.front());
  }
  run.decode(5);
  EXPECT_TRUE(is_same(cached.at("k"), before));
  const Tensor after = run.content("cache_k_1");
  EXPECT_EQ(std::memcmp(after.data, before.data, 3 * 8 * 2), 0);
  EXPECT_NE(std::memcmp(after.as<int16_t>() + 24, before.as<int16_t>() + 24, 8 * 2), 0);
  // Values are codes times the scale.
  const Tensor values = run.value("cache_k_1");
  for (int64_t i = 0; i < 56; ++i)
    EXPECT_EQ(values.as<float>()[i], static_cast<float>(after.as<int16_t>()[i] * double{grid.scale.front()}));
}

TEST_F(ToyFolder, RefusesAGridThatTwoFilesDisagreeOn) {
  Model model(options());
  json document = toy_document();
  // Without the requantize the head reads what layer 1 writes.
  json& steps = document["phases"][1]["steps"];
  for (json& step : steps) {
    if (step.contains("unit") && step["unit"] == "head") step["inputs"]["input"] = "hidden_2_decode";
  }
  for (size_t i = steps.size(); i-- > 0;) {
    if (steps[i].contains("host") && steps[i]["host"] == "requantize") steps.erase(i);
  }
  test::expect_error(ErrorKind::kData, "buffer hidden_2_decode is int16, scale ",
                     [&] { (void)with_toy_files(model.p, document); });
  test::expect_error(ErrorKind::kData, "in layer_decode_1.circle and int16, scale ",
                     [&] { (void)with_toy_files(model.p, document); });
}

TEST_F(ToyFolder, RefusesAStepThatCopiesFromGridToGrid) {
  Model model(options());
  json document = toy_document();
  json& steps = document["phases"][1]["steps"];
  for (json& step : steps) {
    if (step.contains("host") && step["host"] == "requantize")
      step = host("reshape", {{"x", "hidden_2_decode"}}, {{"y", "last_for_head"}});
  }
  test::expect_error(ErrorKind::kData, "reshape copies codes, and hidden_2_decode is int16, scale ",
                     [&] { (void)with_toy_files(model.p, document); });
}

// No `auto` in what changes a json: in a generic lambda, clang 14 never destroys the array of `x = {1, 2}`.
using Folder = std::filesystem::path;

struct Damage {
  const char* what;
  std::function<void(const Folder&, json&)> change;  // of the folder and its program.json
  std::string text;
};

TEST_F(ToyFolder, RefusesADamagedFolderByName) {
  Model model(options());
  write_program_file(with_toy_files(model.p, toy_document()), run_folder());
  const json whole = read_json(run_folder() / "program.json");
  const std::filesystem::path head = run_folder() / "head.circle";
  const std::string head_bytes = test::read_file(head);
  const auto unit = [](json& d, const std::string& name) -> json& {
    for (json& one : d["units"]) {
      if (one["name"] == name) return one;
    }
    throw std::logic_error(name);
  };
  const std::vector<Damage> rows = {
      {"missing", [&](const Folder&, json&) { std::filesystem::remove(head); }, "head.circle is missing"},
      {"shorter", [&](const Folder&, json&) { test::write_file(head, head_bytes.substr(1)); },
       "head.circle has "},
      {"changed",
       [&](const Folder&, json&) {
         std::string x = head_bytes;
         x.back() ^= 1;
         test::write_file(head, x);
       },
       "head.circle has the SHA-256 "},
      {"another file",
       [&](const Folder&, json& d) { unit(d, "head")["file"] = unit(d, "embed_decode")["file"]; },
       "buffer last_for_head is"},
      {"no file", [&](const Folder&, json& d) { unit(d, "head").erase("file"); }, "unit head has no file"},
      {"another name", [&](const Folder&, json& d) { unit(d, "head")["file"]["inputs"] = {"x"}; },
       "head.circle has the inputs input; the program says x"},
      {"another grid", [&](const Folder&, json& d) { d["buffers"]["logits"]["qparams"]["scale"] = 0.5; },
       "of head.circle is [1, 1, 24] (int16, scale "},
      {"another dtype",
       [&](const Folder&, json& d) {
         d["buffers"]["logits"]["qparams"] = {{"dtype", "int8"}, {"scale", 0.5}, {"zero_point", 0}};
       },
       "buffer logits is [1, 1, 24] (int8, scale 0.5, zero point 0)"},
      {"float", [&](const Folder&, json& d) { d["buffers"]["logits"].erase("qparams"); },
       "buffer logits is [1, 1, 24] (float32)"},
      {"another shape",
       [&](const Folder&, json& d) {
         d["buffers"]["cos_decode"]["shape"] = d["buffers"]["sin_decode"]["shape"] = {1, 1, 6};
       },
       "layer_decode_0.circle is [1, 1, 8] (int16"},
      {"no program", [&](const Folder& folder, json&) { std::filesystem::remove(folder / "program.json"); },
       "has no program.json"}};
  for (const Damage& row : rows) {
    SCOPED_TRACE(row.what);
    json document = whole;
    test::write_file(head, head_bytes);
    test::write_file(run_folder() / "program.json", "");
    row.change(run_folder(), document);
    if (std::filesystem::exists(run_folder() / "program.json"))
      test::write_file(run_folder() / "program.json", document.dump());
    test::expect_error(ErrorKind::kData, row.text, [&] {
      const Program program = read_program_folder(run_folder());
      const FileUnits files(program, run_folder(), *model.p.services, *model.p.hub);
    });
  }
}

TEST_F(ToyFolder, LooksUpATableOfCodes) {
  Model model(options());
  json document = toy_document();
  look_up_words(document);
  Tensor codes = Tensor::allocate(kUInt8, {24, 8}), scale = Tensor::allocate(kFloat32, {24}),
         zero = Tensor::allocate(kInt32, {24});
  for (int64_t i = 0; i < 24; ++i) {
    for (int64_t j = 0; j < 8; ++j)
      codes.mutable_as<uint8_t>()[i * 8 + j] = static_cast<uint8_t>(31 * i + 17 * j);
    scale.mutable_as<float>()[i] = 0.01F * static_cast<float>(i + 1);
    zero.mutable_as<int32_t>()[i] = static_cast<int32_t>(100 + i);
  }
  test::write_tensors(run_folder() / "words.safetensors",
                      {{"table", codes}, {"scale", scale}, {"zero_point", zero}});
  const Program bare = program_of(document);
  test::expect_error(ErrorKind::kData, "table words has no file", [&] {
    (void)with_files(bare, run_folder(), written(bare), {}, *model.p.services, *model.p.hub);
  });
  const Program program = with_files(bare, run_folder(), written(bare), {{"words", "words.safetensors"}},
                                     *model.p.services, *model.p.hub);
  FileUnits files(program, run_folder(), *model.p.services, *model.p.hub);
  const Tensor rows = files.look_up(0, int32s({2}, {23, 0}));
  // 31 * 23 + 17 = 730, of which a byte keeps 218.
  EXPECT_EQ(rows.as<float>()[1], static_cast<float>((218 - 123) * double{0.01F * 24.0F}));
  EXPECT_EQ(rows.as<float>()[8], static_cast<float>(-100 * double{0.01F}));
  test::expect_error(ErrorKind::kData, "table words has 24 rows, and none is -1",
                     [&] { (void)files.look_up(0, int32s({1}, {-1})); });
  // The values go on as codes of the grid that layer 0 reads.
  Tensor seen;
  ProgramRun run(program, files, RunControl::none(), [&](const UnitCall& call) {
    if (program.units[call.unit].name == "layer_prefill_0") seen = call.inputs[0];
  });
  run.begin(request({23}));
  EXPECT_EQ(seen.as<int16_t>()[1],
            elements<int16_t>(buffer_content(rows, &*program.find_buffer("hidden_0")->qparams)).at(1));
  codes = Tensor::allocate(kUInt8, {23, 8});
  test::write_tensors(run_folder() / "words.safetensors",
                      {{"table", codes}, {"scale", scale}, {"zero_point", zero}});
  Program other = program;
  other.tables[0].file = program_file(run_folder(), "words.safetensors");
  test::expect_error(ErrorKind::kData, "words.safetensors is to have table uint8 [24, 8]",
                     [&] { const FileUnits refused(other, run_folder(), *model.p.services, *model.p.hub); });
}

}  // namespace
}  // namespace vernier::core
