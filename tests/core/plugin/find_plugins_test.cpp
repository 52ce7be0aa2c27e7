// A search path full of wrong libraries: each has its verdict, and the good ones still work.
#include "plugin/find_plugins.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "abi/host_services.h"
#include "plugin/library.h"
#include "plugin/probe.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"
#include "vernier/core/plugins.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

class FindPlugins : public testing::Test {
 protected:
  FindPlugins() : folder_(fs::temp_directory_path() / ("find_plugins." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "plugins");
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    options_.recipe_folders = {folder_ / "plugins"};
    options_.use_environment = false;
  }
  ~FindPlugins() override { fs::remove_all(folder_); }

  static fs::path fixture(const std::string& name) {
    return fs::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so");
  }
  void add(const std::string& name) const {
    fs::copy_file(fixture(name), folder_ / "plugins" / (name + ".so"));
  }
  [[nodiscard]] std::string reason(const std::string& name) const {
    for (const Candidate& one : find_plugins(options_, {}).candidates) {
      if (one.file.stem() == name) return one.verdict == Verdict::kUsable ? "usable" : one.reason;
    }
    return "not found";
  }

  fs::path folder_;
  SearchOptions options_;
};

struct Verdicts {
  const char* fixture;
  const char* reason;
};

TEST_F(FindPlugins, EachWrongLibraryHasItsVerdictAndTheGoodOnesWork) {
  const Verdicts table[] = {{"good", "usable"},
                            {"short_entry", "usable"},
                            {"long_entry", "usable"},
                            {"prints", "usable"},
                            {"garbled", "failed to initialize: bad"},
                            {"crash_on_load", "crashed (Aborted)"},
                            {"crash_in_initialize", "crashed (Segmentation fault)"},
                            {"exit_on_load", "ended the process with exit code 0"},
                            {"fails", "this machine has no licence"},
                            {"throws", "threw an exception across the plugin boundary: over the boundary"},
                            {"no_entry", "no symbol vernier_plugin_entry_v1"},
                            {"no_component", "lists no_component, which it does not have"},
                            {"future_minor", "needs a host of ABI 1.900"},
                            {"foreign", "no section .vernier"}};
  for (const Verdicts& row : table) add(row.fixture);
  fs::copy_file(fixture("good"), folder_ / "plugins" / "cut.so");
  fs::resize_file(folder_ / "plugins" / "cut.so", fs::file_size(fixture("good")) / 2);
  test::write_file(folder_ / "plugins" / "empty.so", "");
  std::mt19937 random(1);
  std::ofstream noise(folder_ / "plugins" / "noise.so", std::ios::binary);
  for (int i = 0; i < 4096; ++i) noise.put(static_cast<char>(random()));
  noise.close();

  const Resolution found = find_plugins(options_, {});
  EXPECT_EQ(found.candidates.size(), std::size(table) + 3);
  for (const Verdicts& row : table)
    EXPECT_NE(reason(row.fixture).find(row.reason), std::string::npos)
        << row.fixture << ": " << reason(row.fixture);
  EXPECT_NE(reason("cut").find("truncated"), std::string::npos) << reason("cut");
  EXPECT_EQ(reason("empty"), "an empty file");
  EXPECT_EQ(reason("noise"), "not an ELF file");
  EXPECT_EQ(found.catalog.names("observer"),
            (std::vector<std::string>{"good", "long_entry", "prints", "short_entry"}));
}

TEST_F(FindPlugins, AVerdictIsRememberedByContent) {
  add("crash_on_load");
  EXPECT_NE(reason("crash_on_load").find("crashed"), std::string::npos);
  const fs::path cache = folder_ / "cache" / "vernier" / "probe.json";
  ASSERT_TRUE(fs::exists(cache));
  std::string text((std::istreambuf_iterator<char>(std::ifstream(cache).rdbuf())), {});
  text.replace(text.find("crashed"), 7, "slumped");
  std::ofstream(cache) << text;
  EXPECT_NE(reason("crash_on_load").find("slumped"), std::string::npos) << "the cache was not asked";
  EXPECT_NE(reason("crash_on_load").find("delete it to try again"), std::string::npos)
      << reason("crash_on_load");
  std::ofstream(cache) << "{damaged";
  EXPECT_NE(reason("crash_on_load").find("crashed"), std::string::npos) << "a damaged cache counts as empty";
}

// What the machine may be to blame for is tried again next time; so is what was ended from outside.
TEST_F(FindPlugins, OnlyWhatFollowsFromTheContentIsRemembered) {
  struct Row {
    const char* fixture;
    bool lasting;
  };
  for (const Row& row : {Row{"good", true}, Row{"crash_on_load", true}, Row{"throws", true},
                         Row{"no_component", true}, Row{"fails", false}, Row{"garbled", false}}) {
    const Candidate one = look_at_plugin(fixture(row.fixture));
    EXPECT_EQ(probe(*one.image, *one.manifest).lasting, row.lasting) << row.fixture;
  }
  add("fails");
  EXPECT_NE(reason("fails").find("no licence"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "cache" / "vernier" / "probe.json"));
}

TEST_F(FindPlugins, AReasonIsOneLineOfUtf8) {
  add("garbled");
  const std::string text = reason("garbled");
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  EXPECT_NO_THROW(nlohmann::json(text).dump());
}

TEST_F(FindPlugins, AFolderThatCannotBeWrittenForTheCacheIsNoError) {
  std::ofstream(folder_ / "cache") << "a file where the folder should be";
  add("good");
  EXPECT_EQ(reason("good"), "usable");
}

TEST_F(FindPlugins, ACacheThatIsNoFileIsIgnored) {
  const fs::path cache = folder_ / "cache" / "vernier" / "probe.json";
  add("good");
  fs::create_directories(cache);
  EXPECT_EQ(reason("good"), "usable");
  fs::remove(cache);
  ASSERT_EQ(::mkfifo(cache.c_str(), 0600), 0);
  EXPECT_EQ(reason("good"), "usable") << "opening a pipe waits for who writes";
  EXPECT_TRUE(fs::is_fifo(cache));
}

// One that cannot be used is told, and never replaced by another one without a word.
TEST_F(FindPlugins, ABrokenLibraryIsTold) {
  const fs::path lower = folder_ / "lower";
  fs::create_directories(lower);
  fs::copy_file(fixture("good"), lower / "good.so");
  setenv("VERNIER_PLUGIN_PATH", lower.c_str(), 1);
  options_.use_environment = true;
  add("crash_on_load");
  const Resolution told = find_plugins(options_, {});
  ASSERT_EQ(told.rejected.size(), 1u);
  EXPECT_NE(told.rejected[0].find("crash_on_load.so is not used: crashed (Aborted)"), std::string::npos);
  EXPECT_NE(told.rejected[0].find("(recipe plugins.search)"), std::string::npos);
  EXPECT_NO_THROW(throw_on_conflict(told));
  test::write_file(folder_ / "plugins/good.so", "no library");
  const Resolution replaced = find_plugins(options_, {});
  unsetenv("VERNIER_PLUGIN_PATH");
  test::expect_error(ErrorKind::kPlugin, "plugins/good.so cannot be used: not an ELF file",
                     [&] { throw_on_conflict(replaced); });
  test::expect_error(ErrorKind::kPlugin, "lower/good.so would take its place",
                     [&] { throw_on_conflict(replaced); });
}

TEST_F(FindPlugins, FoldersThatCannotBeReadAreTold) {
  test::write_file(folder_ / "file", "");
  const auto find = [&] { (void)find_plugins(options_, {}); };
  options_.recipe_folders = {folder_ / "file"};
  test::expect_error(ErrorKind::kUsage, "plugin folder does not exist: " + (folder_ / "file").string(), find);
  options_.recipe_folders = {folder_ / std::string(300, 'x')};  // a name that no file system takes
  test::expect_error(ErrorKind::kUsage, "plugin folder does not exist: ", find);
  options_.recipe_folders = {};
  options_.files = {folder_ / std::string(300, 'x')};
  test::expect_error(ErrorKind::kPlugin, "plugin file does not exist: ", find);
}

TEST_F(FindPlugins, AFileNamedOutrightMustBeUsable) {
  options_.files = {fixture("crash_on_load")};
  try {
    find_plugins(options_, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_NE(error.format().find("crash_on_load.so cannot be used: crashed"), std::string::npos)
        << error.format();
  }
  options_.files = {folder_ / "absent.so"};
  test::expect_error(ErrorKind::kPlugin, "plugin file does not exist: " + (folder_ / "absent.so").string(),
                     [&] { (void)find_plugins(options_, {}); });
}

TEST_F(FindPlugins, AShorterAndALongerEntryLoad) {
  for (const char* name : {"short_entry", "long_entry"}) {
    add(name);
    const Resolution found = find_plugins(options_, {});
    const ComponentRef ref = found.catalog.find("observer", name);
    ASSERT_TRUE(ref) << name;
    const Library& library = Plugins::of_process().load(*ref.plugin, nullptr);
    EXPECT_NE(library.component("vernier.observer/1", name), nullptr);
  }
}

TEST_F(FindPlugins, AHangingLibraryIsGivenUp) {
  for (const char* name : {"hangs", "closes_output"}) {
    const Candidate one = look_at_plugin(fixture(name));
    const ProbeResult result = probe(*one.image, *one.manifest, std::chrono::milliseconds(500));
    EXPECT_EQ(result.reason, "timed out after 0.5 s while it was tried") << name;
    EXPECT_FALSE(result.lasting) << name << ": the machine may have been busy";
  }
}

TEST_F(FindPlugins, AStopEndsTheProbeAndItsProcess) {
  add("hangs");
  RunControl control;
  std::thread asks([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    control.request_stop(Stop::kTerminate);
  });
  const auto begin = std::chrono::steady_clock::now();
  ErrorKind kind = ErrorKind::kInternal;
  try {
    (void)find_plugins(options_, {}, control);
  } catch (const Error& error) {
    kind = error.kind();
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  asks.join();
  EXPECT_EQ(kind, ErrorKind::kTerminated);
  EXPECT_LT(took, std::chrono::seconds(2)) << "the probe of a library that hangs takes 10 s";
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "the probe's process is still there";
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace vernier::core
