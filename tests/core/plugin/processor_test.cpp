// The draft of processors: found by its manifest, loaded, called.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/plugin_hub.h"
#include "plugin/probe.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

vernier_string words(std::string_view text) { return {text.data(), text.size()}; }

TEST(Processor, IsLoadedByTheDraftOfItsContract) {
  const Candidate found =
      look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/letters/letters.so");
  ASSERT_EQ(found.reason, "");
  ThreadPool pool(1);
  HostServices services(pool);
  const Catalog catalog({{*found.manifest, found.file, found.sha256, found.image}});
  PluginHub hub(services, catalog);
  const LoadedProcessor loaded = hub.processor("letters");
  EXPECT_EQ(loaded.plugin, "org.example.fixture.letters");
  test::expect_error(ErrorKind::kPlugin, "no plugin provides processor \"letter\"",
                     [&] { (void)hub.processor("letter"); });

  void* instance = nullptr;
  vernier_processed made{};
  made.size = VERNIER_SIZE_UP_TO(vernier_processed, pictures);
  vernier_string text{};
  const int64_t tokens[] = {7, 8};
  services.call(loaded.plugin, "processor", [&] {
    EXPECT_EQ(loaded.table->create(loaded.host, words("{}"), words(""), &instance), VERNIER_NOT_FOUND);
    EXPECT_EQ(loaded.table->create(loaded.host, words("{}"), words("/model"), &instance), VERNIER_OK);
    EXPECT_EQ(loaded.table->encode(instance, words("{}"), words("/"), &made), VERNIER_INVALID_ARGUMENT);
    EXPECT_EQ(loaded.table->encode(instance, words(R"({"text": "hi"})"), words("/"), &made), VERNIER_OK);
    const int64_t beyond = 26;
    EXPECT_EQ(loaded.table->decode(instance, &beyond, 1, &text), VERNIER_OUT_OF_RANGE);
    return loaded.table->decode(instance, tokens, 2, &text);
  });
  ASSERT_EQ(made.count, 1u);
  EXPECT_EQ(made.stride, sizeof(vernier_tensor));
  EXPECT_EQ(made.prompt_tokens, 2u);
  EXPECT_EQ(made.answer_tokens, 0u);
  EXPECT_EQ(std::string_view(made.names[0].data, made.names[0].length), "input_ids");
  EXPECT_EQ(made.tensors[0].shape[1], 2);
  EXPECT_EQ(static_cast<const int64_t*>(made.tensors[0].data)[1], 8);
  EXPECT_EQ(std::string_view(text.data, text.length), "hi");
  loaded.table->destroy(instance);
}

// The process that tries libraries asks for the draft's struct too.
TEST(Processor, PassesTheTrialOfItsLibrary) {
  const Candidate found =
      look_at_plugin(std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/letters/letters.so");
  const ProbeResult result =
      probe(*found.image, *found.manifest, std::chrono::seconds(10), RunControl::none());
  EXPECT_EQ(result.reason, "");
}

}  // namespace
}  // namespace vernier::core
