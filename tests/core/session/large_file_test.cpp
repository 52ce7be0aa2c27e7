// Which consumers load a file above 2 GiB, as their profiles say.
#include "session/large_file.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(LargeFile, NamesConsumersByWhatTheirProfilesSay) {
  const test::TempFolder folder;
  const auto add = [&](const std::string& name, const std::string& limits, const std::string& format) {
    test::write_file(folder / (name + ".profile.json"),
                     R"({"profile": ")" + name + R"(", "version": "1.0.0", "summary": "s", "source": "s",)" +
                         R"("formats": [")" + format + R"("], )" + limits + R"("rules": []})");
  };
  add("finds", R"("limits": {"external_buffers": true}, )", "circle");
  add("lacks", R"("limits": {"external_buffers": false}, )", "circle");
  add("silent", "", "circle");
  add("small", R"("limits": {"external_buffers": true, "file_bytes": 3000000000}, )", "circle");
  add("other", R"("limits": {"external_buffers": true}, )", "tflite");
  test::write_file(folder / "broken.profile.json", "{");
  const Profiles profiles = Profiles::find({folder.path()});
  EXPECT_TRUE(large_file("m.circle", kMostInside, profiles).is_null());
  EXPECT_TRUE(large_file("m.onnx", kMostInside + 1, profiles).is_null());
  const auto at_two = large_file("a/m.circle", kMostInside + 1, profiles);
  EXPECT_EQ(at_two.at("bytes"), kMostInside + 1);
  EXPECT_THAT(at_two.at("loaded_by"), Contains("finds"));
  EXPECT_THAT(at_two.at("loaded_by"), Contains("small"));
  EXPECT_THAT(at_two.at("not_loaded_by"), Contains("lacks"));
  EXPECT_THAT(at_two.at("unknown"), Contains("silent"));
  for (const char* key : {"loaded_by", "not_loaded_by", "unknown"}) {
    EXPECT_THAT(at_two.at(key), Not(Contains("other")));
    EXPECT_THAT(at_two.at(key), Not(Contains("broken")));
  }
  EXPECT_THAT(large_file("m.circle", 3000000001, profiles).at("not_loaded_by"), Contains("small"));
  EXPECT_THAT(large_file("m.tflite", 3000000001, profiles).at("loaded_by"), Contains("other"));

  Recipe recipe;
  recipe.exports.resize(1);
  recipe.exports[0].file = "m.circle";
  const auto refuse = [&](const char* name, uint64_t bytes) {
    refuse_large_file(recipe, 0, profiles.read(name, ""), bytes);
  };
  for (const char* name : {"finds", "silent", "small"})
    EXPECT_NO_THROW(refuse(name, kMostInside + 1)) << name;
  EXPECT_NO_THROW(refuse("lacks", kMostInside));
  test::expect_error(ErrorKind::kGate, "m.circle does not fit profile lacks",
                     [&] { refuse("lacks", kMostInside + 1); });
  test::expect_error(ErrorKind::kGate, "3000000001 bytes of constants", [&] { refuse("small", 3000000001); });
}

}  // namespace
}  // namespace vernier::core
