#include "program/host_step.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "program/read_program.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using namespace testing;
using nlohmann::json;
using ::testing::UnorderedElementsAreArray;

// What the schema, the vocabulary and the page say of host steps is the same.
TEST(HostSteps, AreThoseOfTheSchemaAndOfThePage) {
  const json steps = json::parse(program_schema_text()).at("definitions").at("host_steps");
  std::vector<std::string> named;
  for (const auto& [name, definition] : steps.items()) named.push_back(name);
  EXPECT_THAT(host_step_names(), UnorderedElementsAreArray(named));
  const std::string page = test::read_file(source_file("docs/program.md"));
  for (const auto& [name, definition] : steps.items()) {
    const size_t begin = page.find("| `" + name + "` |", page.find("## Host steps"));
    ASSERT_NE(begin, std::string::npos) << name;
    const std::string row = page.substr(begin, page.find('\n', begin) - begin);
    for (const char* part : {"inputs", "outputs", "arguments"}) {
      for (const auto& [one, schema] : definition.at("properties").at(part).at("properties").items())
        EXPECT_NE(row.find("`" + one + "`"), std::string::npos) << name << " " << one;
    }
  }
}

void expect_descriptions(const json& schema, const std::string& place) {
  if (!schema.is_object()) {
    if (schema.is_array()) {
      for (const json& one : schema) expect_descriptions(one, place);
    }
    return;
  }
  for (const auto& [key, value] : schema.items()) {
    if (key == "properties" && value.is_object()) {
      for (const auto& [name, property] : value.items())
        EXPECT_TRUE(property.contains("description") || place.find("/allOf") != std::string::npos)
            << place << "/" << name;
    }
    expect_descriptions(value, place + "/" + key);
  }
}

TEST(ProgramSchema, DescribesEveryProperty) { expect_descriptions(json::parse(program_schema_text()), ""); }

}  // namespace
}  // namespace vernier::core
