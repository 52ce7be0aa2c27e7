// A real module tree through a program: each token is what the whole model says of all before it, in a cache
// and in a ring, beyond the window and up to the end of the context.
#include <gmock/gmock.h>

#include "core/program/toy_fixture.h"
#include "program/generate.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using namespace testing;

class ToyRun : public Toy {
 protected:
  // The last row of the whole model's logits.
  static std::vector<float> whole(EntryRunner& forward, const std::vector<int32_t>& tokens) {
    const std::vector<Tensor> out = forward.run(
        Reading::kFloat, std::vector<Tensor>{int32s({1, static_cast<int64_t>(tokens.size())}, tokens)});
    const float* end = out.at(0).as<float>() + out[0].elements();
    return {end - 24, end};
  }
  static void expect_close(const std::vector<float>& a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << i;
  }
};

TEST_F(ToyRun, GivesTheTokensOfTheWholeModel) {
  Model model(options());
  EntryRunner forward(*model.p.services, *model.p.tree, *model.device, "forward", {"input_ids"});
  for (const int64_t ring : {0, 2, 3}) {
    const Program program = program_of(toy_document(ring));
    EntryUnits units(program, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
    ProgramRun run(program, units);
    for (const std::vector<int32_t>& prompt : prompts()) {
      SCOPED_TRACE(prompt.size());
      std::vector<int32_t> tokens = prompt;
      run.begin(request(prompt));
      for (;;) {
        const std::vector<float> logits = whole(forward, tokens);
        expect_close(elements<float>(run.value("logits")), logits);
        EXPECT_EQ(run.token(), std::max_element(logits.begin(), logits.end()) - logits.begin());
        if (!run.has_room()) break;
        tokens.push_back(run.token());
        run.decode(run.token());
      }
      EXPECT_EQ(tokens.size(), 8U);
    }
  }
}

// A mask, a window or a position that is one off shows in the logits: this test would see it.
TEST_F(ToyRun, SeesASlipInTheProgram) {
  Model model(options());
  EntryRunner forward(*model.p.services, *model.p.tree, *model.device, "forward", {"input_ids"});
  const std::vector<int32_t> prompt = prompts().at(3);
  const auto off = [&](const std::function<void(json&)>& slip) {
    json document = toy_document();
    slip(document);
    const Program program = program_of(document);
    EntryUnits units(program, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
    ProgramRun run(program, units);
    run.begin(request(prompt));
    std::vector<int32_t> tokens = prompt;
    for (const int32_t token : {7, 1}) {
      tokens.push_back(token);
      run.decode(token);
    }
    const std::vector<float> right = whole(forward, tokens), found = elements<float>(run.value("logits"));
    float greatest = 0;
    for (size_t i = 0; i < right.size(); ++i) greatest = std::max(greatest, std::abs(right[i] - found[i]));
    return greatest;
  };
  EXPECT_LT(off([](json&) {}), 1e-5);
  const auto decode = [](json& d, size_t i) -> json& { return d["phases"][1]["steps"][i]["arguments"]; };
  EXPECT_GT(off([&](json& d) { decode(d, 1)["first"] = "past-1"; }), 0.01);
  EXPECT_GT(off([&](json& d) { decode(d, 2)["window"] = 4; }), 0.01);
  EXPECT_GT(off([&](json& d) { decode(d, 3)["past"] = "past-1"; }), 0.01);
  EXPECT_GT(off([&](json& d) { decode(d, 5)["offset"] = "past-1"; }), 0.01);
  EXPECT_GT(off([&](json& d) { d["phases"][0]["steps"][2]["arguments"]["window"] = 2; }), 0.01);
}

TEST_F(ToyRun, NamesUnitsThatTheModelHasNot) {
  Model model(options());
  const struct {
    std::function<void(json&)> change;
    const char* text;
  } rows[] = {
      {[](json& d) { d["units"][0]["module"] = "embedd"; },
       "the model has no module embedd\n  at p.json (/units/0/module)\n  did you mean \"embed\"?"},
      {[](json& d) { d["units"][0]["entry"] = "lookup"; },
       "Embedding, the module embed, has no entry lookup\n  at p.json (/units/0/entry)\n  its entries: "
       "forward"},
      {[](json& d) {
         d["units"][0]["inputs"] = {"ids"};
         d["phases"][0]["steps"][0]["inputs"] = {{"ids", "tokens"}};
       },
       "it names ids; the entry of Embedding has input, in this order\n  at p.json (/units/0/inputs)"},
      {[](json& d) {
         d["units"][2]["outputs"] = {"hidden_out", "new_v", "new_k"};
       },
       "it names hidden_out, new_v, new_k; the entry of ToyLayer has hidden_out, new_k, new_v, in this "
       "order"}};
  for (const auto& row : rows) {
    json document = toy_document();
    row.change(document);
    const Program program = program_of(document);
    test::expect_error(ErrorKind::kData, row.text, [&] {
      EntryUnits units(program, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
    });
  }
}

TEST_F(ToyRun, LooksATableUpInThePlaceOfAUnit) {
  Model model(options());
  json document = toy_document();
  look_up_words(document);
  const Program program = program_of(document), plain = program_of(toy_document());
  EntryUnits units(program, *model.p.services, *model.p.tree, *model.device, Reading::kFloat),
      plain_units(plain, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
  ProgramRun run(program, units), plain_run(plain, plain_units);
  for (const std::vector<int32_t>& prompt : prompts()) {
    const Generated made = generate(run, program, request(prompt), {8, {}});
    EXPECT_EQ(made.tokens, generate(plain_run, plain, request(prompt), {8, {}}).tokens);
    EXPECT_TRUE(is_same(run.value("logits"), plain_run.value("logits")));
  }
  document["tables"]["words"]["multiplier"] = 2;
  const Program twice = program_of(document);
  EntryUnits twice_units(twice, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
  const Tensor one = units.look_up(0, int32s({2}, {5, 23})),
               other = twice_units.look_up(0, int32s({2}, {5, 23}));
  for (int64_t i = 0; i < 16; ++i) EXPECT_EQ(other.as<float>()[i], 2 * one.as<float>()[i]);
  test::expect_error(ErrorKind::kData, "24", [&] { (void)units.look_up(0, int32s({1}, {24})); });
  document["tables"]["words"]["shape"] = {24, 4};
  document["buffers"]["hidden_0"]["shape"] = {1, 8, 4};
  test::expect_error(ErrorKind::kData, "p.json", [&] { (void)program_of(document); });
}

}  // namespace
}  // namespace vernier::core
