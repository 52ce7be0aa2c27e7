// Tables of a page: heads, cells, labels.
#include "report/html/table.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core::html {
namespace {

TEST(Table, HasHeadsOfColumnsAndCellsThatSayThem) {
  Table table({{"site"}, {"role"}, {"<dB>", true}, {"met"}});
  EXPECT_EQ(table.html(), "") << "without rows there is nothing to head";
  table.row({"a", "weight", "1.5", {"no", "bad"}});
  EXPECT_EQ(table.rows(), 1u);
  EXPECT_EQ(table.html(),
            "<div class=\"scroll\"><table class=\"wide\"><thead><tr><th scope=\"col\">site</th>"
            "<th scope=\"col\">role</th><th scope=\"col\" class=\"n\">&lt;dB&gt;</th>"
            "<th scope=\"col\">met</th></tr></thead><tbody>\n"
            "<tr><td>a</td><td data-label=\"role\">weight</td>"
            "<td class=\"n\" data-label=\"&lt;dB&gt;\">1.5</td>"
            "<td class=\"bad\" data-label=\"met\">no</td></tr>\n</tbody></table></div>\n");
}

TEST(Table, OfThreeColumnsStaysATableOnAPhone) {
  Table table({{"metric"}, {"A", true}, {"B", true}});
  table.row({"cosine", "1", {"0.5", "bad"}});
  EXPECT_EQ(table.html(),
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">metric</th>"
            "<th scope=\"col\" class=\"n\">A</th><th scope=\"col\" class=\"n\">B</th></tr></thead><tbody>\n"
            "<tr><td>cosine</td><td class=\"n\">1</td><td class=\"n bad\">0.5</td></tr>\n"
            "</tbody></table></div>\n");
}

TEST(Table, RefusesARowOfAnotherWidth) {
  Table table({{"metric"}, {"A"}});
  test::expect_error(ErrorKind::kInternal, "1 cells in a table of 2 columns", [&] { table.row({"cosine"}); });
}

}  // namespace
}  // namespace vernier::core::html
