#include "text/loader_message.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

TEST(LoaderMessage, IsWhatTheLoaderSaid) {
  EXPECT_EQ(
      loader_message("boost::dll::shared_library::load() failed (dlerror system message: /a.so: file too "
                     "short): Bad file descriptor"),
      "/a.so: file too short");
  EXPECT_EQ(loader_message("x (dlerror system message: a (b): c): No such file or directory"), "a (b): c");
  for (const char* other : {"", "): ", "(dlerror system message: ", "another library's words"})
    EXPECT_EQ(loader_message(other), other);
}

}  // namespace
}  // namespace vernier::core
