// Documents that are programs, and what is wrong with those that are none: each check, with its place.
#include "program/read_program.h"

#include <gmock/gmock.h>

#include "core/program/broken_documents.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::ElementsAre;

json& unit_named(json& document, const std::string& name) {
  return *std::ranges::find_if(document["units"], [&](const json& one) { return one["name"] == name; });
}

TEST(ReadProgram, KeepsWhatTheDocumentSays) {
  const Program program = program_of(toy_document(2));
  EXPECT_EQ(program.name, "toy");
  EXPECT_EQ(std::get<int64_t>(program.profile.at("sequence")), 8);
  EXPECT_THAT(program.request_names(), ElementsAre("input_ids"));
  const ProgramBuffer& tokens = *program.find_buffer("tokens");
  EXPECT_EQ(to_string(tokens.type()), "int32[1, 8]");
  EXPECT_EQ(tokens.role, BufferRole::kRequest);
  EXPECT_EQ(tokens.lengths.at(0).counter, Counter::kPrompt);
  EXPECT_EQ(program.find_buffer("token_"), nullptr);
  const ProgramUnit& unit = *program.find_unit("layer_decode_1");
  EXPECT_EQ(unit.module, "layers.1");
  EXPECT_EQ(program.phases.at(1).runs, PhaseRuns::kEachToken);
  // A unit's wires stand in its order, whatever the document's.
  const ProgramStep& step = program.phases[1].steps.at(4);
  EXPECT_EQ(program.units[*step.unit].name, "layer_decode_0");
  EXPECT_EQ(step.inputs.at(0).name, "hidden");
  EXPECT_EQ(step.inputs.at(4).name, "past_k");
  // Defaults are filled in.
  const ProgramStep& mask = program.phases[0].steps.at(3);
  EXPECT_EQ(mask.host, "causal_mask");
  EXPECT_EQ(std::get<Count>(mask.arguments.at("window")), Count::of(0));
  EXPECT_EQ(mask.pointer, "/phases/0/steps/3");
}

TEST(ReadProgram, IsWrittenAsTheSameProgram) {
  json folder = toy_document();
  folder["summary"] = "a toy";
  folder["profile"] = {{"n", 3}, {"b", true}, {"s", "x"}};
  folder["buffers"]["hidden_0"]["qparams"] = {{"dtype", "int16"}, {"scale", 0.1}, {"zero_point", 0}};
  folder["tables"]["t"] = {
      {"parameter", "embed.weight"},
      {"shape", {24, 8}},
      {"multiplier", 2.5},
      {"file", {{"path", "t.safetensors"}, {"sha256", std::string(64, 'a')}, {"bytes", 7}}}};
  folder["phases"][0]["steps"][0] =
      host("table_lookup", {{"rows", "tokens"}}, {{"values", "hidden_0"}}, {{"table", "t"}});
  folder["units"].erase(0);
  folder["units"][0]["place"] = "host";
  folder["units"][1]["group"] = "layer_0";
  folder["units"][0]["open"] = {{"n", {{"input", {1}}}}};
  folder["units"][0]["written"] = {{"input", {{"name", "x::ids"}, {"dtype", "int64"}}}};
  folder["units"][0]["file"] = {{"path", "a/b.circle"}, {"sha256", std::string(64, 'b')},
                                {"bytes", 12},          {"format", "circle"},
                                {"signature", "s"},     {"inputs", {"i"}},
                                {"outputs", {"o"}}};
  folder["files"] = {{{"path", "tokenizer.json"}, {"sha256", std::string(64, '0')}, {"bytes", 0}}};
  for (const json& document : {toy_document(), toy_document(2), picture_document(), folder}) {
    const json written = program_json(program_of(document));
    EXPECT_EQ(program_json(program_of(written)), written);
    for (const auto& [key, value] : document.at("buffers").items())
      EXPECT_EQ(written.at("buffers").at(key).at("shape"), value.at("shape"));
  }
  const json written = program_json(program_of(folder));
  EXPECT_EQ(written.at("units").at(0).at("file"), folder["units"][0]["file"]);
  EXPECT_EQ(written.at("units").at(0).at("open"), folder["units"][0]["open"]);
  EXPECT_EQ(written.at("units").at(0).at("written"), folder["units"][0]["written"]);
  EXPECT_EQ(program_of(folder).units.at(0).written_inputs(), std::vector<std::string>{"x::ids"});
  EXPECT_EQ(written.at("units").at(0).at("place"), "host");
  EXPECT_EQ(written.at("units").at(1).at("group"), "layer_0");
  EXPECT_FALSE(written.at("units").at(0).contains("group"));
  EXPECT_EQ(written.at("tables"), folder["tables"]);
  EXPECT_EQ(written.at("files"), folder["files"]);
  EXPECT_EQ(written.at("profile"), folder["profile"]);
  EXPECT_EQ(written.at("buffers").at("hidden_0").at("qparams").at("scale").get<float>(), 0.1F);
}

TEST(ReadProgram, RefusesWhatTheSchemaDoes) {
  expect_refused(
      toy_document(),
      {{"version", [](json& d) { d["version"] = 2; }, "p.json (/version)"},
       {"no phases", [](json& d) { d.erase("phases"); }, "missing key \"phases\""},
       {"unknown key", [](json& d) { d["bufers"] = 1; }, "unknown key \"bufers\""},
       {"role", [](json& d) { d["buffers"]["cos"]["role"] = "scrach"; }, "did you mean \"scratch\"?"},
       {"extent 0", [](json& d) { d["buffers"]["cos"]["shape"][0] = 0; }, "p.json (/buffers/cos/shape/0)"},
       {"no such step", [](json& d) { step(d, 0, 2)["host"] = "casual_mask"; },
        "there is no host step \"casual_mask\"\n  at p.json (/phases/0/steps/2/host)\n  did you mean "
        "\"causal_mask\"?"},
       {"no such argument", [](json& d) { step(d, 0, 2)["arguments"]["windows"] = 3; },
        "unknown key \"windows\"\n  at p.json (/phases/0/steps/2/arguments/windows)"},
       {"missing argument", [](json& d) { step(d, 0, 2)["arguments"].erase("depth"); },
        "missing key \"depth\" in \"arguments\""},
       {"missing output", [](json& d) { step(d, 0, 1)["outputs"].erase("sin"); },
        "missing key \"sin\" in \"outputs\""},
       {"neither", [](json& d) { step(d, 0, 1).erase("host"); }, "a step has a \"unit\" or a \"host\""},
       {"host is no text", [](json& d) { step(d, 0, 1)["host"] = 3; }, "p.json (/phases/0/steps/1/host)"},
       {"count is no count", [](json& d) { step(d, 1, 1)["arguments"]["first"] = "past/2"; },
        "p.json (/phases/1/steps/1/arguments/first)"},
       {"depth 0", [](json& d) { step(d, 0, 2)["arguments"]["depth"] = 0; },
        "p.json (/phases/0/steps/2/arguments/depth)"},
       {"path above",
        [](json& d) {
          d["files"] = {{{"path", "../x"}, {"sha256", std::string(64, '0')}, {"bytes", 0}}};
        },
        "p.json (/files/0/path)"},
       {"absolute path",
        [](json& d) {
          d["files"] = {{{"path", "/x"}, {"sha256", std::string(64, '0')}, {"bytes", 0}}};
        },
        "p.json (/files/0/path)"}});
  test::expect_error(ErrorKind::kData, "p.json:1:", [] { (void)read_program("{", "p.json"); });
  test::expect_error(ErrorKind::kData, "must be an object", [] { (void)read_program("[]", "p.json"); });
}

TEST(ReadProgram, RefusesNamesThatMeanNothing) {
  expect_refused(
      toy_document(),
      {{"buffer", [](json& d) { step(d, 0, 1)["outputs"]["cos"] = "coz"; },
        "there is no buffer coz\n  at p.json (/phases/0/steps/1/outputs/cos)\n  did you mean \"cos\"?"},
       {"unit", [](json& d) { step(d, 0, 0)["unit"] = "embed_prefil"; },
        "there is no unit embed_prefil\n  at p.json (/phases/0/steps/0/unit)\n  did you mean "
        "\"embed_prefill\"?"},
       {"input of a unit",
        [](json& d) {
          step(d, 0, 0)["inputs"] = {{"ids", "tokens"}};
        },
        "unit embed_prefill has no ids among its inputs"},
       {"input without a buffer", [](json& d) { step(d, 0, 4)["inputs"].erase("mask"); },
        "mask of unit layer_prefill_0 goes nowhere: no buffer is named for it\n  at p.json "
        "(/phases/0/steps/4/inputs)"},
       {"output without a buffer", [](json& d) { step(d, 0, 4)["outputs"].erase("new_v"); },
        "new_v of unit layer_prefill_0 goes nowhere"},
       {"token", [](json& d) { d["generation"]["token"] = "tokn"; },
        "there is no buffer tokn\n  at p.json (/generation/token)"},
       {"open input",
        [](json& d) {
          d["units"][0]["open"] = {{"n", {{"inpt", {1}}}}};
        },
        "unit embed_prefill has no input inpt"},
       {"group of a unit with an open extent",
        [](json& d) {
          d["units"][0]["open"] = {{"n", {{"input", {1}}}}};
          d["units"][0]["group"] = "both";
        },
        "unit embed_prefill has an open extent\n  at p.json (/units/0/group)"},
       {"written input",
        [](json& d) {
          d["units"][0]["written"] = {{"inpt", {{"name", "x"}}}};
        },
        "unit embed_prefill has no input inpt\n  at p.json (/units/0/written/inpt)"},
       {"unit twice", [](json& d) { d["units"].push_back(d["units"][0]); },
        "unit embed_prefill is there twice\n  at p.json (/units/7/name)"},
       {"phase twice", [](json& d) { d["phases"][1]["name"] = "prefill"; }, "phase prefill is there twice"},
       {"table",
        [](json& d) {
          step(d, 0, 0) =
              host("table_lookup", {{"rows", "tokens"}}, {{"values", "hidden_0"}}, {{"table", "t"}});
        },
        "table_lookup: there is no table \"t\"\n  at p.json (/phases/0/steps/0)"}});
}

TEST(ReadProgram, RefusesFieldsThatContradictEachOther) {
  expect_refused(
      toy_document(),
      {{"request field", [](json& d) { d["buffers"]["cos"]["lengths"] = json::array(); },
        "\"lengths\" is for buffers of role request"},
       {"scratch fill", [](json& d) { d["buffers"]["cos"]["fill"] = 0; },
        "a scratch buffer holds nothing before it is written"},
       {"fill of integers", [](json& d) { d["buffers"]["tokens"]["fill"] = 0.5; }, "0.5 is no int32"},
       {"fill beyond", [](json& d) { d["buffers"]["tokens"]["fill"] = 4e9; }, "4000000000 is no int32"},
       {"no fill", [](json& d) { d["buffers"]["tokens"].erase("fill"); },
        "a request that may be shorter needs a fill for the rest"},
       {"axis", [](json& d) { d["buffers"]["tokens"]["lengths"][0]["axis"] = 2; }, "[1, 8] has no axis 2"},
       {"axis twice",
        [](json& d) { d["buffers"]["tokens"]["lengths"].push_back(d["buffers"]["tokens"]["lengths"][0]); },
        "axis 1 is there twice"},
       {"longer than the extent", [](json& d) { d["buffers"]["tokens"]["lengths"][0]["maximum"] = 9; },
        "lengths from 1 to 9 on an axis of 8"},
       {"no tokens", [](json& d) { d["buffers"]["tokens"]["lengths"][0]["minimum"] = 0; },
        "only pictures may be none"},
       {"minimum above maximum", [](json& d) { d["buffers"]["tokens"]["minimum"] = 24; },
        "it is greater than the maximum"},
       {"two inputs of one name in a file",
        [](json& d) {
          unit_named(d, "layer_prefill_0")["written"] = {{"cos", {{"name", "sin"}}}};
        },
        "the file of unit layer_prefill_0 would have two inputs sin"},
       {"integers for real values",
        [](json& d) {
          unit_named(d, "layer_prefill_0")["written"] = {{"cos", {{"dtype", "int64"}}}};
        },
        "buffer cos holds real values"},
       {"qparams of integers",
        [](json& d) {
          d["buffers"]["token"]["qparams"] = {{"dtype", "int8"}, {"scale", 1}, {"zero_point", 0}};
        },
        "integers have no codes"},
       {"zero point",
        [](json& d) {
          d["buffers"]["cos"]["qparams"] = {{"dtype", "uint8"}, {"scale", 1}, {"zero_point", -1}};
        },
        "-1 is no code of uint8"},
       {"scale",
        [](json& d) {
          d["buffers"]["cos"]["qparams"] = {{"dtype", "uint8"}, {"scale", 1e-46}, {"zero_point", 0}};
        },
        "float32 holds no such scale"},
       {"a file of other inputs",
        [](json& d) {
          d["units"][0]["file"] = {{"path", "b"},          {"sha256", std::string(64, 'b')},
                                   {"bytes", 12},          {"format", "circle"},
                                   {"inputs", {"i", "j"}}, {"outputs", {"o"}}};
        },
        "the file has 2 inputs and 1 outputs, unit embed_prefill has 1 and 1"},
       {"once behind each_token", [](json& d) { std::swap(d["phases"][0], d["phases"][1]); },
        "phases that run each_token are the last ones"},
       {"each_token without generation", [](json& d) { d.erase("generation"); },
        "a phase runs each_token, and \"generation\" says nothing of tokens"},
       {"pictures", [](json& d) { d["phases"][0]["runs"] = "each_picture"; },
        "no request buffer counts pictures"},
       {"token's type", [](json& d) { d["generation"]["token"] = "tokens"; },
        "tokens is a request of int32[1, 8]; it is to be one int32 of role state or result"},
       {"logits' role", [](json& d) { d["buffers"]["logits"]["role"] = "state"; },
        "logits is a state of float32[1, 1, 24]; it is to be a result of float32"},
       {"context", [](json& d) { d["generation"]["context"] = 6; },
        "a prompt may have 7 tokens, the context has 6"},
       {"nobody chooses", [](json& d) { d["phases"][1]["steps"].erase(d["phases"][1]["steps"].size() - 1); },
        "no phase that runs each_token writes token"}});
  expect_refused(picture_document(),
                 {{"counts that differ",
                   [](json& d) {
                     d["buffers"]["other"] = d["buffers"]["tokens"];
                     d["buffers"]["other"]["lengths"][0]["maximum"] = 2;
                   },
                   "prompt is 1 to 3 here, and 1 to 2 in another buffer"},
                  {"float minimum", [](json& d) { d["buffers"]["pixels"]["minimum"] = 0; },
                   "minimum and maximum are for integers"}});
}

TEST(ReadProgram, RefusesShapesThatStepsDisagreeOn) {
  expect_refused(toy_document(),
                 {{"unit run twice",
                   [](json& d) {
                     step(d, 1, 0) = {{"unit", "embed_prefill"},
                                      {"inputs", {{"input", "token"}}},
                                      {"outputs", {{"embeddings", "hidden_0_decode"}}}};
                     d["units"].erase(1);
                   },
                   "input of unit embed_prefill is int32[1, 1] (token) here and int32[1, 8] (tokens) at "
                   "/phases/0/steps/0"},
                  {"row",
                   [](json& d) {
                     d["buffers"]["last"]["shape"] = {1, 2, 4};
                   },
                   "row: row is float32[1, 2, 4] (buffer last); it is to be of shape [1, 1, 8]\n  at p.json "
                   "(/phases/0/steps/"},
                  {"argmax",
                   [](json& d) {
                     d["buffers"]["token"]["shape"] = {1, 2};
                   },
                   "token is a result of int32[1, 2]"},
                  {"mask",
                   [](json& d) {
                     d["buffers"]["near_mask"]["shape"] = {2, 8, 4};
                   },
                   "causal_mask: mask is float32[2, 8, 4] (buffer near_mask); only its last 2 extents may be "
                   "greater than 1"},
                  {"rotary",
                   [](json& d) {
                     d["buffers"]["sin"]["shape"] = {1, 8, 4};
                   },
                   "rotary_table: sin is float32[1, 8, 4] (buffer sin); it is to be of shape [1, 8, 8]"},
                  {"dtype", [](json& d) { d["buffers"]["cos"]["dtype"] = "int32"; },
                   "rotary_table: cos is int32[1, 8, 8] (buffer cos); it is to be float32"}});
}

TEST(ReadProgram, LetsAnOpenExtentDiffer) {
  json d = toy_document();
  step(d, 1, 0) = {{"unit", "embed_prefill"},
                   {"inputs", {{"input", "token"}}},
                   {"outputs", {{"embeddings", "hidden_0_decode"}}}};
  d["units"].erase(1);
  d["units"][0]["open"] = {{"sequence", {{"input", {1}}}}};
  EXPECT_EQ(program_of(d).units[0].open_name, "sequence");
  json axis = d;
  axis["units"][0]["open"] = {{"sequence", {{"input", {2}}}}};
  test::expect_error(ErrorKind::kData,
                     "input input of unit embed_prefill is open on axis 2, and tokens is [1, 8]",
                     [&] { (void)program_of(axis); });
  json wrong = d;
  wrong["buffers"]["hidden_0_decode"]["shape"] = {1, 2, 4};
  test::expect_error(ErrorKind::kData,
                     "embeddings of unit embed_prefill is float32[1, 2, 4] (hidden_0_decode) here",
                     [&] { (void)program_of(wrong); });
}

TEST(ReadProgram, RefusesArgumentsOutOfTheirRange) {
  expect_refused(
      toy_document(),
      {{"index beyond", [](json& d) { step(d, 0, 10)["arguments"]["index"] = "prompt+1"; },
        "row: index may be 8; axis 1 of x has 8"},
       {"index below", [](json& d) { step(d, 0, 10)["arguments"]["index"] = "prompt-2"; },
        "row: index is prompt-2, which may be -1"},
       {"no such counter", [](json& d) { step(d, 0, 10)["arguments"]["index"] = "picture"; },
        "row: index is picture, and this phase has no picture"},
       {"axis", [](json& d) { step(d, 0, 10)["arguments"]["axis"] = 3; }, "row: x has 3 axes, and none is 3"},
       {"rows", [](json& d) { step(d, 0, 5)["arguments"]["count"] = "prompt+2"; },
        "write_rows: rows up to 8 may be written; rows has 8"},
       {"into", [](json& d) { step(d, 0, 5)["arguments"]["offset"] = 1; },
        "write_rows: row 7 may be written; into has 7"},
       {"full cache", [](json& d) { step(d, 1, 5)["arguments"]["beyond"] = "refuse"; },
        "write_rows: row 7 may be written; into has 7"},
       {"ring", [](json& d) { step(d, 0, 5)["arguments"]["ring"] = 8; },
        "write_rows: a ring of 8 slots in 7 rows"},
       {"mask's ring", [](json& d) { step(d, 1, 2)["arguments"]["ring"] = 8; },
        "cache_mask: a ring of 8 slots in a mask for 7"},
       {"context beyond the cache", [](json& d) { d["generation"]["context"] = 9; },
        "cache_mask: past may be 8; the mask is for 7 slots"},
       {"rotary_dim", [](json& d) { step(d, 0, 1)["arguments"]["rotary_dim"] = 4; },
        "rotary_table: rotary_dim and factor go with kind proportional"},
       {"odd rotary_dim",
        [](json& d) {
          step(d, 0, 1)["arguments"].update({{"rotary_dim", 3}, {"kind", "proportional"}});
        },
        "rotary_table: rotary_dim is 3 of a head of 8"}});
}

}  // namespace
}  // namespace vernier::core
