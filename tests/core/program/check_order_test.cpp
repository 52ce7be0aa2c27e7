// Buffers that are read before they are written, and what is there in vain.
#include <gtest/gtest.h>

#include "core/program/broken_documents.h"

namespace vernier::core {
namespace {

using namespace testing;

TEST(CheckOrder, RefusesWhatIsReadBeforeItIsWritten) {
  expect_refused(toy_document(),
                 {{"scratch of another phase",
                   [](json& d) {
                     step(d, 1, 4)["inputs"]["cos"] = "cos_decode";
                     step(d, 1, 1)["outputs"]["cos"] = "sin_decode";
                   },
                   "the step writes sin_decode twice"},
                  {"before", [](json& d) { std::swap(step(d, 0, 0), step(d, 0, 4)); },
                   "hidden_0 is read here and may hold nothing: no step before it writes it in every run\n  "
                   "at p.json (/phases/0/steps/0/inputs/hidden)"},
                  {"cache without a fill", [](json& d) { d["buffers"]["cache_k_0"].erase("fill"); },
                   "cache_k_0 keeps its other rows here and may hold nothing"},
                  {"scratch does not last",
                   [](json& d) {
                     step(d, 1, 3) = host("reshape", {{"x", "far_mask"}}, {{"y", "far_mask_decode"}});
                     d["buffers"]["far_mask"]["shape"] = {1, 1, 8};
                   },
                   "may hold nothing"},
                  {"request", [](json& d) { step(d, 0, 2)["outputs"]["mask"] = "tokens"; },
                   "tokens is what the request gives; nothing writes it"}});
  expect_refused(picture_document(),
                 {{"none of the pictures", [](json& d) { d["buffers"]["visual"].erase("fill"); },
                   "visual keeps its other rows here and may hold nothing"},
                  {"not with pictures alone",
                   [](json& d) {
                     d["phases"][0]["steps"][2] = host("reshape", {{"x", "soft"}}, {{"y", "visual"}});
                     d["buffers"]["visual"] = float_buffer({1, 1}, "state");
                   },
                   "visual is read here and may hold nothing: no step before it writes it in every run\n  at "
                   "p.json (/phases/1/steps/0/inputs/visual)"}});
}

TEST(CheckOrder, KnowsThatPicturePhasesRunTogether) {
  json d = picture_document();
  d["phases"][0]["steps"][1]["outputs"]["sum"] = "kept";
  d["buffers"]["kept"] = float_buffer({1, 1}, "state");
  const json put = {{"name", "put"},
                    {"runs", "each_picture"},
                    {"steps",
                     {host("write_rows", {{"rows", "kept"}}, {{"into", "visual"}},
                           {{"axis", 0}, {"count", 1}, {"offset", "picture"}})}}};
  d["phases"].insert(d["phases"].begin() + 1, put);
  d["phases"][0]["steps"].erase(2);
  d["buffers"].erase("soft");
  EXPECT_EQ(program_of(d).phases.size(), 4U);
}

TEST(CheckOrder, RefusesWhatIsThereInVain) {
  expect_refused(
      toy_document(),
      {{"buffer", [](json& d) { d["buffers"]["more"] = float_buffer({1}); },
        "no step uses more\n  at p.json (/buffers/more)"},
       {"written only",
        [](json& d) {
          d["buffers"]["more"] = float_buffer({1, 8, 8});
          step(d, 0, 2)["outputs"]["mask"] = "more";
        },
        "near_mask is read here"},
       {"result that nothing writes",
        [](json& d) {
          d["buffers"]["cache_k_1"]["role"] = "result";
          d["buffers"]["tokens2"] = {{"dtype", "float32"}, {"shape", {1}}, {"role", "result"}, {"fill", 0}};
          step(d, 0, 2) = host("reshape", {{"x", "tokens2"}}, {{"y", "near_mask"}});
          d["buffers"]["near_mask"]["shape"] = {1};
        },
        "p.json"},
       {"unit",
        [](json& d) {
          d["units"].push_back({{"name", "idle"},
                                {"module", ""},
                                {"entry", "forward"},
                                {"inputs", json::array()},
                                {"outputs", {"y"}}});
        },
        "no step runs unit idle\n  at p.json (/units/7)"},
       {"table",
        [](json& d) {
          d["tables"]["t"] = {{"parameter", "embed.weight"}, {"shape", {24, 8}}};
        },
        "no step reads t\n  at p.json (/tables/t)"}});
  json d = picture_document();
  d["buffers"]["more"] = float_buffer({2, 3});
  d["phases"][1]["steps"].push_back(host("reshape", {{"x", "pixels"}}, {{"y", "more"}}));
  test::expect_error(ErrorKind::kData, "no step reads more", [&] { (void)program_of(d); });
  d["buffers"]["more"]["role"] = "result";
  EXPECT_NE(program_of(d).find_buffer("more"), nullptr);
}

}  // namespace
}  // namespace vernier::core
