// What the host takes of a program's plugin, and what it refuses: a fixture gives the document that its
// profile holds.
#include "session/made_program.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

constexpr const char* kDocument = R"({"version": 1, "name": "one",
 "buffers": {"tokens": {"dtype": "int32", "shape": [1, 4], "role": "request", "of": "input_ids"},
             "logits": {"dtype": "float32", "shape": [1, 4, 8], "role": "result"}},
 "units": [{"name": "model", "module": "", "entry": "forward",
            "inputs": ["input_ids"], "outputs": ["logits"]}],
 "phases": [{"name": "all", "runs": "once", "steps": [
   {"unit": "model", "inputs": {"input_ids": "tokens"}, "outputs": {"logits": "logits"}}]}]})";

// The document after a change, as text.
std::string document_with(const std::function<void(json&)>& change) {
  json document = json::parse(kDocument);
  change(document);
  return document.dump();
}

class MadePrograms : public ::testing::Test {
 protected:
  MadePrograms() {
    const Candidate found =
        look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/documents/documents.so");
    EXPECT_EQ(found.reason, "");
    catalog_ = std::make_unique<Catalog>(
        std::vector<CatalogPlugin>{{*found.manifest, found.file, found.sha256, found.image}});
    hub_ = std::make_unique<PluginHub>(services_, *catalog_);
  }

  MadeProgram make(const json& profile, const json& config = json::object()) {
    return make_program(services_, *hub_,
                        {catalog_->find("program", "documents"), config, "model/config.json", profile,
                         [](const std::string& pointer) { return "profile" + pointer; }});
  }
  void expect_refused(ErrorKind kind, const json& profile, const std::vector<std::string>& words,
                      const json& config = json::object()) {
    for (const std::string& one : words) test::expect_error(kind, one, [&] { (void)make(profile, config); });
  }

  ThreadPool pool_{1};
  HostServices services_{pool_};
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<PluginHub> hub_;
};

TEST_F(MadePrograms, GiveTheirDocument) {
  const MadeProgram made = make({{"text", kDocument}});
  EXPECT_EQ(made.name, "documents");
  EXPECT_EQ(made.plugin, "org.example.fixture.documents");
  EXPECT_EQ(*made.document, json::parse(kDocument));
  ASSERT_EQ(made.program.units.size(), 1u);
  EXPECT_EQ(made.program.units[0].entry, "forward");
  EXPECT_EQ(*make(json::object(), {{"text", kDocument}}).document, json::parse(kDocument));
}

TEST_F(MadePrograms, HaveAProfileThatFitsTheManifest) {
  expect_refused(ErrorKind::kUsage, {{"txt", "{}"}},
                 {"program documents (plugin org.example.fixture.documents): unknown key \"txt\"",
                  "profile/txt", "did you mean \"text\"?"});
  expect_refused(ErrorKind::kUsage, {{"fail", "no"}}, {"profile/fail"});
}

// By status: whose fault it is, and where that one finds it.
TEST_F(MadePrograms, RefuseWithTheStatusesOfTheHeader) {
  const std::string title = "program documents (plugin org.example.fixture.documents)";
  const struct {
    vernier_status status;
    ErrorKind kind;
    std::string where;
  } rows[] = {{VERNIER_NOT_FOUND, ErrorKind::kData, "model/config.json, " + title},
              {VERNIER_INVALID_ARGUMENT, ErrorKind::kData, "model/config.json, " + title},
              {VERNIER_UNIMPLEMENTED, ErrorKind::kPlugin, "model/config.json, " + title},
              {VERNIER_OUT_OF_RANGE, ErrorKind::kUsage, "profile, " + title},
              {VERNIER_INTERNAL, ErrorKind::kPlugin, title},
              {77, ErrorKind::kPlugin, title}};
  for (const auto& row : rows)
    expect_refused(row.kind, {{"fail", row.status}},
                   {"/hidden_size: as the profile says", "\n  at " + row.where + "\n"});
}

TEST_F(MadePrograms, RefuseDocumentsThatAreNone) {
  const std::string named = "the document of program documents (plugin org.example.fixture.documents)";
  const auto is_wrong = [&](const std::string& text, const std::string& pointer) {
    expect_refused(ErrorKind::kPlugin, {{"text", text}}, {named, pointer});
  };
  is_wrong("", "");
  is_wrong("{\"version\": 1", "");
  is_wrong("[]", "(/)");
  is_wrong(document_with([](json& d) { d["version"] = 2; }), "(/version)");
  is_wrong(document_with([](json& d) { d["buffers"]["logits"]["dtype"] = "uint8"; }),
           "(/buffers/logits/dtype)");
  is_wrong(document_with([](json& d) { d["phases"][0]["steps"][0]["inputs"]["input_ids"] = "tocens"; }),
           "/phases/0/steps/0");
  is_wrong(document_with([](json& d) { d["buffers"]["spare"] = d["buffers"]["logits"]; }), "/buffers/spare");
  expect_refused(
      ErrorKind::kPlugin, {{"text", kDocument}, {"nothing", true}},
      {"null pointer for the document", "program documents (plugin org.example.fixture.documents)"});
}

TEST_F(MadePrograms, RefuseADocumentThatChanges) {
  expect_refused(ErrorKind::kPlugin, {{"text", kDocument}, {"changes", true}},
                 {"another document when it was asked again", "org.example.fixture.documents"});
}

TEST_F(MadePrograms, AreChosenByNameOrArchitecture) {
  const auto chosen = [&](const std::string& name, const std::string& architecture) {
    return choose_program(*catalog_, name, architecture, "here").component->name;
  };
  EXPECT_EQ(chosen("", "DocumentModel"), "documents");
  EXPECT_EQ(chosen("documents", "OtherModel"), "documents");
  test::expect_error(ErrorKind::kUsage, "no plugin provides program \"document\"\n  at here\n  did you mean",
                     [&] { (void)chosen("document", "DocumentModel"); });
  test::expect_error(ErrorKind::kPlugin, "no program is for the architecture \"OtherModel\"\n  at here\n",
                     [&] { (void)chosen("", "OtherModel"); });
  std::vector<CatalogPlugin> plugins = catalog_->plugins();
  plugins.push_back(plugins[0]);
  plugins[1].manifest.id += ".second";
  plugins[1].manifest.components[0].name = "pages";
  const Catalog two(plugins);
  test::expect_error(ErrorKind::kPlugin,
                     "several programs are for the architecture \"DocumentModel\": documents, pages",
                     [&] { (void)choose_program(two, "", "DocumentModel", "here"); });
  EXPECT_EQ(choose_program(two, "pages", "DocumentModel", "here").component->name, "pages");
  test::expect_error(ErrorKind::kUsage, "there are no programs",
                     [&] { (void)choose_program(Catalog({}), "pages", "", "here"); });
}

}  // namespace
}  // namespace vernier::core
