// The draft of programs: found by its manifest, loaded, called into each status that a plugin may return.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/plugin_hub.h"
#include "plugin/probe.h"
#include "plugin/resolver.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

vernier_string text_of(std::string_view text) { return {text.data(), text.size()}; }

Candidate documents() {
  const Candidate found =
      look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/documents/documents.so");
  EXPECT_EQ(found.reason, "");
  return found;
}

TEST(ProgramComponent, IsLoadedByTheDraftOfItsContract) {
  const Candidate found = documents();
  ThreadPool pool(1);
  HostServices services(pool);
  const Catalog catalog({{*found.manifest, found.file, found.sha256, found.image}});
  PluginHub hub(services, catalog);
  const LoadedProgram loaded = hub.program("documents");
  EXPECT_EQ(loaded.plugin, "org.example.fixture.documents");
  EXPECT_EQ(loaded.info->models, std::vector<std::string>{"DocumentModel"});
  test::expect_error(ErrorKind::kPlugin, "no plugin provides program \"document\"",
                     [&] { (void)hub.program("document"); });

  void* instance = nullptr;
  vernier_string document{};
  services.call(loaded.plugin, "program", [&] {
    EXPECT_EQ(loaded.table->create(loaded.host, text_of("{}"), text_of("{}"), &instance), VERNIER_NOT_FOUND);
    for (const vernier_status status :
         {VERNIER_INVALID_ARGUMENT, VERNIER_NOT_FOUND, VERNIER_OUT_OF_RANGE, VERNIER_UNIMPLEMENTED}) {
      const std::string profile = "{\"fail\": " + std::to_string(status) + "}";
      EXPECT_EQ(loaded.table->create(loaded.host, text_of("{}"), text_of(profile), &instance), status);
    }
    EXPECT_EQ(instance, nullptr);  // on failure nothing is there to free
    EXPECT_EQ(
        loaded.table->create(loaded.host, text_of(R"({"text": "of config"})"), text_of("{}"), &instance),
        VERNIER_OK);
    return loaded.table->document(instance, &document);
  });
  EXPECT_EQ(std::string_view(document.data, document.length), "of config");
  loaded.table->destroy(instance);
  loaded.table->destroy(nullptr);
}

// The process that tries libraries asks for the draft's struct too.
TEST(ProgramComponent, PassesTheTrialOfItsLibrary) {
  const Candidate found = documents();
  const ProbeResult result =
      probe(*found.image, *found.manifest, std::chrono::seconds(10), RunControl::none());
  EXPECT_EQ(result.reason, "");
}

TEST(ProgramComponent, IsFoundByItsArchitecturesAndExplained) {
  const Resolution found = resolve_plugins({documents()}, {});
  EXPECT_EQ(found.catalog.programs_of("DocumentModel"), std::vector<std::string>{"documents"});
  EXPECT_EQ(found.catalog.programs_of("OtherModel"), std::vector<std::string>{});
  // An architecture is the model's, not a module type that the program would take from its wrapper.
  EXPECT_EQ(found.catalog.types(), std::vector<std::string>{});
  for (const char* name : {"documents", "DocumentModel", "org.example.fixture.documents"})
    EXPECT_NE(explain(name, found.candidates).find("id org.example.fixture.documents version 1.0.0"),
              std::string::npos)
        << name;
  EXPECT_NE(explain("DocumentModel", found.candidates).find("  provides program documents\n"),
            std::string::npos);
}

}  // namespace
}  // namespace vernier::core
