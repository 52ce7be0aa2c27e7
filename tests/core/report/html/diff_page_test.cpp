// Two runs side by side on a page.
#include "report/html/diff_page.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/report/html/plain_cells.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/diff.h"
#include "vernier/core/error.h"

namespace vernier::core::html {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json difference() {
  return {{"a", "out/<a>"},
          {"b", "out/b"},
          {"metrics", {{"sqnr_db", {10.5, nullptr}}}},
          {"recipe", json::array({{{"path", "/gates/cosine"}, {"a", ">= 0.9"}, {"b", nullptr}}})},
          {"sizes", json::array({{{"file", "m.tflite"}, {"a", 2000}, {"b", 1500}}})},
          {"qparams", json::array({{{"site", "m/act"},
                                    {"dtype", {"int8", "int16"}},
                                    {"scale_ratio", 0.5},
                                    {"zero_point_shift", nullptr}}})},
          {"only_in", {{"a", json::array()}, {"b", json::array({"m/new"})}}},
          {"sites", json::array({{{"site", "m/worse"}, {"a", 20.0}, {"b", 5.0}, {"change_db", -15.0}},
                                 {{"site", "m/little"}, {"a", 1.0}, {"b", 2.0}, {"change_db", 1.0}},
                                 {{"site", "m/better"}, {"a", 1.0}, {"b", 9.0}, {"change_db", 8.0}}})}};
}

TEST(DiffPage, TellsWhatGotWorseApartFromWhatGotBetter) {
  const std::string text = testing::plain_cells(diff_page(difference()));
  EXPECT_THAT(text, HasSubstr("<td>m/<wbr>worse</td><td class=\"n\">20.00</td><td class=\"n\">5.00</td><td "
                              "class=\"n bad\">-15.00</td>"));
  EXPECT_LT(text.find("what got worse"), text.find("m/<wbr>worse"));
  EXPECT_LT(text.find("m/<wbr>worse"), text.find("what got better"));
  EXPECT_LT(text.find("what got better"), text.find("m/<wbr>better"));
  EXPECT_LT(text.find("m/<wbr>better"), text.find("m/<wbr>little")) << "the largest change first";
  EXPECT_THAT(text, HasSubstr("<td>sqnr_db</td><td class=\"n\">10.5</td><td class=\"n\">–</td>"));
  EXPECT_THAT(text, HasSubstr("2.0 kB</td><td class=\"n\">1.5 kB</td><td class=\"n\">-25.0 %</td>"));
  EXPECT_THAT(text, HasSubstr("<td>int8 → int16</td><td class=\"n\">0.5</td><td class=\"n\">–</td>"));
  EXPECT_THAT(text, HasSubstr("<td>m/<wbr>new</td><td>B</td>"));
  EXPECT_THAT(text, HasSubstr("out/&lt;a&gt;"));
  EXPECT_THAT(text, HasSubstr("default-src 'none'"));
}

TEST(DiffPage, LeavesOutWhatIsTheSame) {
  json same = difference();
  same["sites"] = same["qparams"] = same["recipe"] = same["only_in"]["b"] = json::array();
  const std::string text = diff_page(same);
  EXPECT_THAT(text, Not(HasSubstr("got worse")));
  EXPECT_THAT(text, Not(HasSubstr("Scales and zero points")));
  EXPECT_THAT(text, HasSubstr("<p>The same.</p>"));
}

TEST(DiffPage, IsNotWrittenIntoARunThatItCompares) {
  const test::TempFolder folder;
  json runs = difference();
  runs["a"] = (folder / "a").string();
  runs["b"] = (folder / "b").string();
  for (const char* side : {"a", "b"}) {
    std::filesystem::create_directory(folder / side);
    const std::filesystem::path file = folder / side / "report.html";
    test::expect_error(ErrorKind::kUsage, "a run that it compares", [&] { write_diff_page(runs, file); });
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  write_diff_page(runs, folder / "diff.html");
  EXPECT_EQ(test::read_file(folder / "diff.html"), diff_page(runs));
}

}  // namespace
}  // namespace vernier::core::html
