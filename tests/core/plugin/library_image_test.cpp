// What is hashed is what is probed and what is loaded, whatever happens to the file meanwhile. The library
// that is put in the way ends the process as soon as it is loaded.
#include "plugin/library_image.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "plugin/find_plugins.h"
#include "plugin/load_image.h"
#include "plugin/probe.h"
#include "plugin/sha256.h"
#include "support/temp_folder.h"
#include "vernier/abi/entry.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

fs::path fixture_file(const std::string& name) {
  return fs::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so");
}

void put(const std::string& name, const fs::path& file) {
  fs::create_directories(file.parent_path());
  fs::copy_file(fixture_file(name), file);
}

// The same inode gets other bytes.
void rewrite(const fs::path& file, const std::string& bytes) { test::write_file(file, bytes); }

void rename_over(const std::string& name, const fs::path& file) {
  const fs::path beside = file.string() + ".new";
  put(name, beside);
  fs::rename(beside, file);
}

std::string sha256_of(const fs::path& file) {
  const std::string bytes = test::read_file(file);
  return sha256_hex(std::as_bytes(std::span(bytes)));
}

// Loads, and returns the plugin's entry; the library and its image stay.
const vernier_entry& load(const std::shared_ptr<const LibraryImage>& image) {
  static auto& kept =
      *new std::vector<std::pair<boost::dll::shared_library, std::shared_ptr<const LibraryImage>>>;
  kept.emplace_back(load_image(image->descriptor(), image->file()), image);
  return kept.back().first.get<const vernier_entry>(VERNIER_ENTRY_SYMBOL);
}

std::string reason_for(const fs::path& file) { return look_at_plugin(file).reason; }

// Every way in which a file that was looked at can become another one before it is used.
struct Swap {
  const char* name;
  void (*swap)(const fs::path& file);
};

class SwappedLibrary : public testing::TestWithParam<Swap> {};

TEST_P(SwappedLibrary, IsNeitherProbedNorLoadedTwentyOfTwenty) {
  for (int i = 0; i < 20; ++i) {
    const test::TempFolder folder;
    const fs::path real = folder / "real" / "plugin.so", file = folder / "plugins" / "plugin.so";
    put("good", real);
    fs::create_directories(file.parent_path());
    if (std::string(GetParam().name) == "SymbolicLinkSwapped")
      fs::create_symlink(real, file);
    else
      fs::create_hard_link(real, file);
    const Candidate candidate = look_at_plugin(file);
    ASSERT_EQ(candidate.reason, "");
    GetParam().swap(file);
    if (i % 5 == 0) {
      EXPECT_EQ(probe(*candidate.image, *candidate.manifest).reason, "");
    }
    EXPECT_EQ(candidate.sha256, sha256_of(fixture_file("good")));
    EXPECT_EQ(load(candidate.image).size, sizeof(vernier_entry));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, SwappedLibrary,
    testing::Values(Swap{"RenamedOver", [](const fs::path& file) { rename_over("crash_on_load", file); }},
                    Swap{"RewrittenInPlace",
                         [](const fs::path& file) {
                           rewrite(file, test::read_file(fixture_file("crash_on_load")));
                         }},
                    Swap{"RewrittenThroughAHardLink",
                         [](const fs::path& file) {
                           rewrite(file.parent_path().parent_path() / "real" / "plugin.so",
                                   test::read_file(fixture_file("crash_on_load")));
                         }},
                    Swap{"SymbolicLinkSwapped",
                         [](const fs::path& file) {
                           fs::remove(file);
                           fs::create_symlink(fixture_file("crash_on_load"), file);
                         }},
                    Swap{"FolderRenamed",
                         [](const fs::path& file) {
                           fs::rename(file.parent_path(), file.parent_path().string() + ".old");
                           put("crash_on_load", file);
                         }},
                    Swap{"Truncated", [](const fs::path& file) { fs::resize_file(file, 100); }},
                    Swap{"Emptied", [](const fs::path& file) { fs::resize_file(file, 0); }},
                    Swap{"Removed", [](const fs::path& file) { fs::remove(file); }},
                    Swap{"NoLongerReadable", [](const fs::path& file) { chmod(file.c_str(), 0); }},
                    Swap{"APipeNow",
                         [](const fs::path& file) {
                           fs::remove(file);
                           mkfifo(file.c_str(), 0600);
                         }}),
    [](const auto& one) { return one.param.name; });

// The same race for the verdict: it is of the bytes whose hash it is stored under.
TEST(LibraryImage, AVerdictBelongsToTheBytesThatWereHashed) {
  const test::TempFolder folder;
  const fs::path file = folder / "plugin.so";
  put("crash_on_load", file);
  const Candidate crashing = look_at_plugin(file);
  rename_over("good", file);
  const Candidate good = look_at_plugin(file);
  ProbeCache cache(folder / "probe.json");
  EXPECT_NE(cache.verdict(crashing).find("crashed (Aborted)"), std::string::npos);
  EXPECT_EQ(cache.verdict(good), "");
  cache.save();
  ProbeCache again(folder / "probe.json");
  EXPECT_NE(again.verdict(crashing).find("remembered in"), std::string::npos);
  EXPECT_EQ(again.verdict(good), "") << "the verdict of another content at the same path";
}

TEST(LibraryImage, TheCatalogHoldsWhatWasProbed) {
  const test::TempFolder folder;
  setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  const fs::path file = folder / "plugins" / "plugin.so";
  put("good", file);
  SearchOptions options;
  options.recipe_folders = {folder / "plugins"};
  options.use_environment = false;
  const Resolution found = find_plugins(options, {});
  rename_over("crash_on_load", file);
  ASSERT_EQ(found.catalog.plugins().size(), 1u);
  const CatalogPlugin& plugin = found.catalog.plugins().front();
  EXPECT_EQ(plugin.sha256, sha256_of(fixture_file("good")));
  EXPECT_EQ(plugin.image->sha256(), plugin.sha256);
  EXPECT_EQ(load(plugin.image).size, sizeof(vernier_entry));
  EXPECT_NE(find_plugins(options, {}).candidates.front().reason.find("crashed (Aborted)"), std::string::npos)
      << "the next discovery sees the new file";
}

// The loader knows libraries by name and would give the old one for a name that it has seen.
TEST(LibraryImage, ALibraryThatWasBuiltAgainIsLoadedAgain) {
  const test::TempFolder folder;
  const fs::path file = folder / "plugin.so";
  put("good", file);
  const vernier_entry& first = load(look_at_plugin(file).image);
  rename_over("short_entry", file);
  const vernier_entry& second = load(look_at_plugin(file).image);
  EXPECT_EQ(first.size, sizeof(vernier_entry));
  EXPECT_LT(second.size, sizeof(vernier_entry));
}

TEST(LibraryImage, IsSealed) {
  const auto image = LibraryImage::read(fixture_file("good"));
  const int descriptor = image->descriptor();
  EXPECT_EQ(pwrite(descriptor, "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ftruncate(descriptor, 10), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, descriptor, 0), MAP_FAILED);
  EXPECT_EQ(fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE), -1) << "the seals are sealed, too";
  EXPECT_NE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(LibraryImage, TheDescriptorLivesAsLongAsTheImage) {
  auto image = LibraryImage::read(fixture_file("good"));
  const int descriptor = image->descriptor();
  image.reset();
  EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
}

TEST(LibraryImage, WhatIsNoRegularFileIsRefusedWithoutOpeningIt) {
  const test::TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe.so").c_str(), 0600), 0);
  fs::create_symlink(folder / "pipe.so", folder / "link_to_pipe.so");
  fs::create_symlink("/dev/zero", folder / "device.so");
  fs::create_directory(folder / "folder.so");
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  (folder / "socket.so").string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  for (const char* name : {"pipe.so", "link_to_pipe.so", "device.so", "folder.so", "socket.so"})
    EXPECT_EQ(reason_for(folder / name), "not a regular file") << name;
  close(server);
}

TEST(LibraryImage, AFileThatMayNotBeReadSaysSo) {
  const test::TempFolder folder;
  const fs::path file = folder / "plugin.so";
  put("good", file);
  chmod(file.c_str(), 0);
  chmod(folder.path().c_str(), 0755);
  const pid_t child = fork();
  if (child == 0) {  // root reads everything, so the child is somebody else
    if (getuid() == 0 && setuid(65534) != 0) _exit(2);
    _exit(reason_for(file) == "cannot be read: Permission denied" ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// In a mount namespace of its own; 77: this machine allows none.
int reason_without_execution(const fs::path& folder) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", folder.c_str(), "tmpfs", MS_NOEXEC, nullptr) != 0)
    return 77;
  put("good", folder / "plugin.so");
  return reason_for(folder / "plugin.so") == "its file system is mounted without execution (noexec)" ? 0 : 1;
}

TEST(LibraryImage, AFileSystemWithoutExecutionStaysWithout) {
  const test::TempFolder folder;
  const pid_t child = fork();
  if (child == 0) _exit(reason_without_execution(folder.path()));
  int status = 0;
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no mount is allowed here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// A file that another process cuts and fills again at any moment: an image or a reason, never a crash.
TEST(LibraryImage, AFileThatChangesWhileItIsReadIsWholeOrRefused) {
  const test::TempFolder folder;
  const fs::path file = folder / "plugin.so";
  put("good", file);
  const std::string whole = test::read_file(file);
  std::atomic<bool> stop = false;
  std::thread other([&] {
    for (unsigned i = 0; !stop; ++i) {
      if (truncate(file.c_str(), static_cast<off_t>(i * 997 % whole.size())) != 0) return;
      rewrite(file, whole);
    }
  });
  size_t images = 0;
  for (int i = 0; i < 500; ++i) {
    const Candidate candidate = look_at_plugin(file);
    EXPECT_EQ(candidate.image == nullptr, !candidate.reason.empty());
    if (candidate.image == nullptr) continue;
    ++images;
    std::string bytes(fs::file_size("/proc/self/fd/" + std::to_string(candidate.image->descriptor())), '\0');
    ASSERT_EQ(pread(candidate.image->descriptor(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(sha256_hex(std::as_bytes(std::span(bytes))), candidate.sha256);
  }
  stop = true;
  other.join();
  RecordProperty("images", static_cast<int>(images));
}

TEST(LibraryImage, ALibraryBesideThePluginIsFound) {
  const Candidate candidate = look_at_plugin(fixture_file("needs_companion"));
  ASSERT_EQ(candidate.reason, "");
  EXPECT_EQ(probe(*candidate.image, *candidate.manifest).reason, "");
  const vernier_entry& entry = load(candidate.image);
  EXPECT_EQ(entry.initialize(nullptr), VERNIER_OK);
}

TEST(LibraryImage, AMissingLibraryIsNamedWithThePluginsFile) {
  const test::TempFolder folder;
  put("needs_companion", folder / "alone.so");
  const Candidate candidate = look_at_plugin(folder / "alone.so");
  ASSERT_EQ(candidate.reason, "");
  const std::string reason = probe(*candidate.image, *candidate.manifest).reason;
  EXPECT_NE(reason.find("it does not load: "), std::string::npos) << reason;
  EXPECT_NE(reason.find("libcompanion.so: cannot open shared object file"), std::string::npos) << reason;
  EXPECT_EQ(reason.find("/proc/self"), std::string::npos) << reason;
}

// What debuggers, dladdr() and backtraces show.
TEST(LibraryImage, ALoadedLibraryHasItsFilesName) {
  const vernier_entry& entry = load(look_at_plugin(fixture_file("good")).image);
  Dl_info found{};
  ASSERT_NE(dladdr(&entry, &found), 0);
  EXPECT_EQ(found.dli_fname, fs::canonical(fixture_file("good")).string());
}

}  // namespace
}  // namespace vernier::core
