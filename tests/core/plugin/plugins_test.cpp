// The libraries of the process: loaded and initialized once whatever the number of sessions, shut down once.
#include "vernier/core/plugins.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "abi/call_scope.h"
#include "abi/host_services.h"
#include "kernels/thread_pool.h"
#include "plugin/discovery.h"
#include "plugin/library.h"
#include "support/temp_folder.h"
#include "vernier/core/process.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::Not;

CatalogPlugin plugin_at(const fs::path& file) {
  const Candidate found = look_at_plugin(file);
  return {found.manifest.value(), found.file, found.sha256, found.image};
}
CatalogPlugin fixture(const std::string& name) {
  return plugin_at(fs::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so"));
}

// One session after the other and two at once, all with the same plugin; its lines go to stderr.
void use_in_sessions() {
  spdlog::set_default_logger(spdlog::stderr_logger_st("plugins_test"));
  ThreadPool pool(1);
  const CatalogPlugin plugin = fixture("shuts_down");
  const Library* first = nullptr;
  for (int i = 0; i < 2; ++i) {
    HostServices session(pool);
    const Library& library = Plugins::of_process().load(plugin, &session);
    if (first == nullptr) first = &library;
    if (first != &library || first->host() != library.host()) std::_Exit(9);
    if (session.lines().size() != (i == 0 ? 1u : 0u)) std::_Exit(10);
  }
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      HostServices session(pool);
      if (&Plugins::of_process().load(plugin, &session) != first) std::_Exit(11);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

const auto kOnceEach = AllOf(HasSubstr("initialized 1\n"), Not(HasSubstr("initialized 2")),
                             EndsWith("shut down 1\n"), Not(HasSubstr("shut down 2")));
const auto kNotShutDown = AllOf(HasSubstr("initialized 1\n"), Not(HasSubstr("shut down")));

TEST(PluginsDeathTest, APluginIsInitializedOnceAndShutDownOnceWhenTheProcessEnds) {
  EXPECT_EXIT((use_in_sessions(), end_process(3)), ExitedWithCode(3), kOnceEach);
  EXPECT_EXIT((use_in_sessions(), std::exit(4)), ExitedWithCode(4), kOnceEach);
  EXPECT_EXIT((use_in_sessions(), Plugins::of_process().shut_down(), std::exit(5)), ExitedWithCode(5),
              kOnceEach);
}

TEST(PluginsDeathTest, APluginIsNotShutDownFromInsideACallOrByUnderscoreExit) {
  const auto exit_inside = [] {
    use_in_sessions();
    const CallScope call(nullptr, "org.example", "here");
    std::exit(3);
  };
  EXPECT_EXIT(exit_inside(), ExitedWithCode(3), kNotShutDown);
  EXPECT_EXIT((use_in_sessions(), std::_Exit(4)), ExitedWithCode(4), kNotShutDown);
}

TEST(PluginsDeathTest, NothingIsLoadedAfterTheShutdown) {
  const auto load_late = [] {
    Plugins::of_process().shut_down();
    try {
      static_cast<void>(Plugins::of_process().load(fixture("good"), nullptr));
    } catch (const Error& error) {
      std::_Exit(error.status() == VERNIER_FAILED_PRECONDITION ? 7 : 8);
    }
  };
  EXPECT_EXIT(load_late(), ExitedWithCode(7), "");
}

// A library is a file with a content: another file, or the same path with other bytes, is another one.
TEST(Plugins, AnotherFileIsAnotherLibraryWithAHostOfItsOwn) {
  const test::TempFolder folder;
  const CatalogPlugin plugin = fixture("good");
  fs::copy_file(plugin.file, folder / "copy.so");
  const CatalogPlugin copy = plugin_at(folder / "copy.so");
  const Library& first = Plugins::of_process().load(plugin, nullptr);
  const Library& second = Plugins::of_process().load(copy, nullptr);
  EXPECT_NE(&first, &second);
  EXPECT_NE(first.host(), second.host());
  EXPECT_EQ(&first, &Plugins::of_process().load(plugin, nullptr));
}

TEST(Plugins, AFailureIsTheVerdictForTheRestOfTheProcess) {
  for (int i = 0; i < 2; ++i) {
    try {
      static_cast<void>(Plugins::of_process().load(fixture("fails"), nullptr));
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_THAT(error.format(), HasSubstr("fails.so failed to initialize: this machine has no licence"));
    }
  }
}

TEST(Plugins, AnExceptionFromInitializeIsAnErrorOfThePlugin) {
  try {
    static_cast<void>(Plugins::of_process().load(fixture("throws"), nullptr));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    EXPECT_THAT(error.format(), HasSubstr("threw an exception across the plugin boundary"));
  }
}

}  // namespace
}  // namespace vernier::core
