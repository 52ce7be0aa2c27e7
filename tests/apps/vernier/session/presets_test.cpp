// `vernier presets` as users call it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"

namespace vernier::test {
namespace {

TEST(PresetsCommand, PrintsWhatEachMadeOfModelsBelowItsName) {
  const Outcome listed = run_vernier("presets --json");
  ASSERT_EQ(listed.exit_code, 0) << listed.text;
  const Outcome table = run_vernier("presets");
  ASSERT_EQ(table.exit_code, 0) << table.text;
  size_t at = 0;
  for (const auto& row : nlohmann::json::parse(listed.text)) {
    const auto find = [&](const std::string& text) {
      at = table.text.find(text, at);
      ASSERT_NE(at, std::string::npos) << text << " is not there, or not behind the one before";
    };
    find("\n" + row.at("preset").get<std::string>() + " ");
    find(row.at("summary"));
    const nlohmann::json measured = row.at("measured");
    for (const auto& [model, result] : measured.items())
      find(model + ": " + result.get<std::string>() + "\n");
  }
}

}  // namespace
}  // namespace vernier::test
