#include "text/path_list.h"

#include <gmock/gmock.h>

namespace vernier::core {
namespace {

TEST(PathList, EmptyEntriesAreLeftOut) {
  EXPECT_THAT(path_list(""), testing::IsEmpty());
  EXPECT_THAT(path_list(":::"), testing::IsEmpty());
  EXPECT_THAT(path_list("/a"), testing::ElementsAre("/a"));
  EXPECT_THAT(path_list(":/a::b c:"), testing::ElementsAre("/a", "b c"));
}

}  // namespace
}  // namespace vernier::core
