// What the C++ face of programs writes, character by character, and which mistakes of an author it tells.
#include "vernier/draft/program_document.h"

#include <gtest/gtest.h>

#include <functional>

namespace vernier {
namespace {

ProgramDocument small() {
  ProgramDocument document("toy", "one \"unit\"");
  document.bind("sequence", 8);
  document.bind("compat", "none");
  document.buffer("tokens", "int32", {1, 8}, "request", {{"fill", 0}, {"of", "input_ids"}});
  EXPECT_EQ(document.buffer("logits", "float32", {1, 8, 4}, "scratch"), "logits");
  document.buffer("last", "float32", {1, 1, 4}, "result");
  document.unit({"model", "", "forward", {"input_ids"}, {"logits"}, {{"place", "host"}}});
  document.phase("prefill", "once");
  document.run("model", {"tokens"}, {"logits"});
  document.host("row", {{"x", "logits"}}, {{"row", "last"}}, {{"axis", 1}, {"index", "prompt-1"}});
  return document;
}

TEST(ProgramDocument, IsWrittenPieceByPiece) {
  ProgramDocument document = small();
  document.table("rows", "embed.weight", 32, 4, 0.5);
  document.generation("token", "last", 8, {1, 106});
  EXPECT_EQ(document.json(),
            R"({"version": 1, "name": "toy", "summary": "one \"unit\"", "profile": )"
            R"({"sequence": 8, "compat": "none"}, )"
            R"("buffers": {"tokens": {"dtype": "int32", "shape": [1, 8], "role": "request", )"
            R"("fill":0,"of":"input_ids"}, )"
            R"("logits": {"dtype": "float32", "shape": [1, 8, 4], "role": "scratch"}, )"
            R"("last": {"dtype": "float32", "shape": [1, 1, 4], "role": "result"}}, )"
            R"("tables": {"rows": {"parameter": "embed.weight", "shape": [32, 4], "multiplier":0.5}}, )"
            R"("units": [{"name": "model", "module": "", "entry": "forward", "inputs": ["input_ids"], )"
            R"("outputs": ["logits"], "place":"host"}], )"
            R"("phases": [{"name": "prefill", "runs": "once", "steps": [)"
            R"({"unit": "model", "inputs": {"input_ids": "tokens"}, "outputs": {"logits": "logits"}}, )"
            R"({"host": "row", "inputs": {"x": "logits"}, "outputs": {"row": "last"}, )"
            R"("arguments": {"axis":1,"index":"prompt-1"}}]}], )"
            R"("generation": {"token": "token", "logits": "last", "context": 8, "stop": [1, 106]}})");
}

TEST(ProgramDocument, LeavesOutWhatIsEmpty) {
  ProgramDocument document("toy", "");
  document.phase("all", "once");
  document.host("require_image_tokens", {{"tokens", "t"}}, {}, {{"first", 0}});
  EXPECT_EQ(document.json(),
            R"({"version": 1, "name": "toy", "summary": "", "profile": {}, "buffers": {}, "units": [], )"
            R"("phases": [{"name": "all", "runs": "once", "steps": [)"
            R"({"host": "require_image_tokens", "inputs": {"tokens": "t"}, "arguments": {"first":0}}]}]})");
}

TEST(ProgramDocument, TellsAnAuthorsMistakes) {
  const std::pair<std::function<void(ProgramDocument&)>, std::string> rows[] = {
      {[](ProgramDocument& d) { d.run("modle", {}, {}); }, "a step runs modle, which is no unit"},
      {[](ProgramDocument& d) { d.run("model", {}, {"logits"}); },
       "a step gives model 0 buffers where it has 1"},
      {[](ProgramDocument& d) {
         d.run("model", {"tokens"}, {"logits", "last"});
       },
       "a step gives model 2 buffers where it has 1"},
      {[](ProgramDocument&) { ProgramDocument("t", "").host("fill", {}, {}); }, "a step stands in a phase"},
      {[](ProgramDocument& d) { d.phase("two\nlines", "once"); }, "a config text holds a control character"}};
  for (const auto& [mistake, text] : rows) {
    ProgramDocument document = small();
    try {
      mistake(document);
      ADD_FAILURE() << "no error: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), VERNIER_INVALID_ARGUMENT);
      EXPECT_EQ(error.what(), text);
    }
  }
}

}  // namespace
}  // namespace vernier
