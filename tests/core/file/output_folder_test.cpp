#include "file/output_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "file/atomic_file.h"
#include "file/folder_commit.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using test::write_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Files = std::map<std::string, std::string>;  // path in the folder, text

const Files kOld = {{"report.json", "old report"}, {"m.onnx", "old model"}, {"m.onnx.data", "old data"}};
const Files kNew = {{"report.json", "new report"}, {"m.onnx", "new model"}, {"sub/x.bin", "new x"}};

fs::path write_set(const fs::path& out, const Files& files, const std::string& recipe = "/r.json",
                   bool complete = true, FolderOperations& operations = FolderOperations::real()) {
  OutputFolder folder(out, recipe, operations);
  for (const auto& [path, text] : files) {
    AtomicFile file(folder.file(path));
    file.write(text);
    file.commit();
  }
  return folder.commit(complete);
}

// All files, but for the manifest.
Files read_set(const fs::path& out) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    const std::string path = entry.path().lexically_relative(out).string();
    if (entry.is_regular_file() && path != kManifestName) files[path] = test::read_file(entry.path());
  }
  return files;
}

Files with(Files files, const Files& more) {
  files.insert(more.begin(), more.end());
  return files;
}

// Temporary entries and journals in `folder` and below.
std::vector<std::string> leftovers(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (is_temporary_name(name) || name == kJournalName) found.push_back(entry.path().string());
  }
  return found;
}

TEST(OutputFolder, ASetAppearsOnCommit) {
  TempFolder folder;
  const fs::path out = folder / "deep/out";
  {
    OutputFolder outputs(out, "/r.json");
    AtomicFile file(outputs.file("sub/x"));
    file.write("x");
    file.commit();
    EXPECT_FALSE(fs::exists(out));
    EXPECT_EQ(outputs.commit(true), fs::path());
  }
  EXPECT_EQ(read_set(out), (Files{{"sub/x", "x"}}));
  EXPECT_THAT(leftovers(folder.path()), IsEmpty());
}

TEST(OutputFolder, WithoutCommitNothingIsLeft) {
  TempFolder folder;
  {
    OutputFolder outputs(folder / "deep/out", "/r.json");
    write_file(outputs.file("x"), "x");
  }
  EXPECT_EQ(test::files_in(folder.path()), 0u);
  write_file(folder / "kept/other", "other");
  { OutputFolder outputs(folder / "kept", "/r.json"); }
  EXPECT_EQ(read_set(folder / "kept"), (Files{{"other", "other"}}));
  EXPECT_THAT(leftovers(folder.path()), IsEmpty());
}

TEST(OutputFolder, TheNextRunOfARecipeReplacesItsFiles) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld);
  EXPECT_EQ(write_set(out, kNew), fs::path());
  EXPECT_EQ(read_set(out), kNew) << "the companion m.onnx.data of the earlier run is gone";
}

TEST(OutputFolder, AFolderOfOursAloneIsExchangedWhole) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld);
  ASSERT_EQ(::chmod(out.c_str(), 0750), 0);
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(out.c_str(), &before), 0);
  write_set(out, kNew);
  ASSERT_EQ(::stat(out.c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(after.st_mode & 07777, 0750u);
}

TEST(OutputFolder, FilesOfOthersStayWhereTheyAre) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld);
  write_file(out / "notes.txt", "mine");
  write_file(out / "sub/notes.txt", "mine too");
  fs::create_symlink("notes.txt", out / "link");
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(out.c_str(), &before), 0);
  write_set(out, kNew);
  ASSERT_EQ(::stat(out.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino) << "not exchanged";
  EXPECT_EQ(read_set(out),
            with(kNew, {{"notes.txt", "mine"}, {"sub/notes.txt", "mine too"}, {"link", "mine"}}));
  EXPECT_TRUE(fs::is_symlink(out / "link"));
  EXPECT_THAT(leftovers(folder.path()), IsEmpty());
}

TEST(OutputFolder, AFileThatSomeoneChangedSinceIsNotRemoved) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld);
  write_file(out / "m.onnx.data", "mine now");
  write_set(out, kNew);
  EXPECT_EQ(read_set(out), with(kNew, {{"m.onnx.data", "mine now"}}));
}

TEST(OutputFolder, AFileThatAppearsDuringTheRunStays) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld);
  OutputFolder outputs(out, "/r.json");
  write_file(outputs.file("m.onnx"), "new model");
  write_file(out / "notes.txt", "mine");
  outputs.commit(true);
  EXPECT_EQ(read_set(out), (Files{{"m.onnx", "new model"}, {"notes.txt", "mine"}}));
}

TEST(OutputFolder, WhatWasNotAskedForIsNotOfTheSet) {
  TempFolder folder;
  OutputFolder outputs(folder / "out", "/r.json");
  write_file(outputs.file("x"), "x");
  write_file(outputs.file("dropped"), "x");
  write_file(outputs.file("sub/x").parent_path() / "junk", "of an executor");
  write_file(outputs.file("sub/x"), "x");
  outputs.drop("dropped");
  outputs.commit(true);
  EXPECT_EQ(read_set(folder / "out"), (Files{{"sub/x", "x"}, {"x", "x"}}));
}

TEST(OutputFolder, AnIncompleteRunKeepsTheEarlierSetWhole) {
  TempFolder folder;
  const fs::path out = folder / "out";
  const Files failed = {{"report.json", "failed"}};
  write_set(out, kOld, "/a/embedder.json");
  EXPECT_EQ(write_set(out, failed, "/a/embedder.json", false), out / "previous/embedder");
  const Files kept = {{"report.json", "failed"},
                      {"previous/embedder/report.json", "old report"},
                      {"previous/embedder/m.onnx", "old model"},
                      {"previous/embedder/m.onnx.data", "old data"}};
  EXPECT_EQ(read_set(out), kept);
  EXPECT_EQ(write_set(out, failed, "/a/embedder.json", false), fs::path()) << "no complete set was in place";
  EXPECT_EQ(read_set(out), kept) << "a second failure changes nothing";
  write_set(out, kNew, "/a/embedder.json");
  EXPECT_EQ(read_set(out), kNew) << "a complete run replaces all of its recipe";
}

TEST(OutputFolder, SetsOfTwoRecipesNeverMix) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_set(out, kOld, "/a/r.json");
  EXPECT_EQ(write_set(out, kNew, "/b/r.json"), out / "previous/r");
  EXPECT_EQ(read_set(out), with(kNew, {{"previous/r/report.json", "old report"},
                                       {"previous/r/m.onnx", "old model"},
                                       {"previous/r/m.onnx.data", "old data"}}));
  EXPECT_EQ(write_set(out, {{"x", "third"}}, "/c.json"), out / "previous/r-2")
      << "another recipe of the same name";
  EXPECT_EQ(read_set(out).size(), 7u);
  EXPECT_EQ(write_set(out, kOld, "/a/r.json"), out / "previous/c");
  EXPECT_EQ(read_set(out), with(kOld, {{"previous/r-2/report.json", "new report"},
                                       {"previous/r-2/m.onnx", "new model"},
                                       {"previous/r-2/sub/x.bin", "new x"},
                                       {"previous/c/x", "third"}}));
}

TEST(OutputFolder, AFolderNamedPreviousOfSomeoneElseIsNotTouched) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_file(out / "previous/r/notes.txt", "mine");
  write_set(out, kOld, "/a/r.json");
  EXPECT_EQ(write_set(out, kNew, "/b/s.json"), out / "previous/r-2");
  EXPECT_EQ(test::read_file(out / "previous/r/notes.txt"), "mine");
  write_file(folder / "other/previous", "a file");
  EXPECT_THROW(
      {
        try {
          write_set(folder / "other", kOld);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kData);
          EXPECT_THAT(error.format(), HasSubstr("its name is taken"));
          throw;
        }
      },
      Error);
}

TEST(OutputFolder, AManifestThatLeadsOutRemovesNothing) {
  TempFolder folder;
  const fs::path out = folder / "out";
  write_file(folder / "victim", "x");
  write_set(out, kOld);
  std::string text = test::read_file(out / kManifestName);
  text.replace(text.find("m.onnx.data"), 11, "../victim");
  write_file(out / kManifestName, text);
  write_set(out, kNew);
  EXPECT_TRUE(fs::exists(folder / "victim"));
  EXPECT_EQ(read_set(out), with(kNew, {{"m.onnx.data", "old data"}})) << "a damaged manifest owns nothing";
}

TEST(OutputFolder, AFileAtItsPlaceIsRefused) {
  TempFolder folder;
  write_file(folder / "out", "a file");
  try {
    OutputFolder outputs(folder / "out", "/r.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.format(), HasSubstr("a file has its name"));
  }
  EXPECT_EQ(test::files_in(folder.path()), 1u);
}

TEST(SettleFolder, RefusesAJournalThatItCannotRead) {
  TempFolder folder;
  for (const char* text :
       {"", "{}", "[1]", R"({"version": 1, "stage": "../x", "puts": [], "removes": []})",
        R"({"version": 1, "stage": ".vernier-0123456789abcdef.tmp", "puts": ["../x"], "removes": []})",
        R"({"version": 1, "stage": ".vernier-0123456789abcdef.tmp", "puts": ["x"], "removes": []})"}) {
    write_file(folder / "out" / kJournalName, text);
    try {
      settle_around(folder / "out/sub/file");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.format(), HasSubstr("the journal of an unfinished commit cannot be read"));
    }
  }
}

// How the folder looks before the run, and whether the file system exchanges folders.
struct State {
  const char* name;
  const char* place;  // empty: $TMPDIR
  bool has_earlier;
  bool has_others;
  bool exchanges;
  bool complete;
};

// Acts at step number `at`.
class ActsAtStep : public FolderOperations {
 public:
  ActsAtStep(int at, bool exchanges) : at_(at), exchanges_(exchanges) {}
  void before(const char*, const fs::path&) override {
    if (at_-- == 0) act();
  }
  bool exchange(const fs::path& one, const fs::path& other) override {
    if (exchanges_) return FolderOperations::exchange(one, other);
    before("exchange", other);
    return false;
  }
  [[nodiscard]] bool has_acted() const { return at_ < 0; }

 protected:
  virtual void act() = 0;

 private:
  int at_;
  bool exchanges_;
};

class KillsAtStep : public ActsAtStep {
  using ActsAtStep::ActsAtStep;
  void act() override { ::kill(::getpid(), SIGKILL); }
};

class FailsAtStep : public ActsAtStep {
  using ActsAtStep::ActsAtStep;
  void act() override { throw data_error("the disk fails"); }
};

class EveryStep : public ::testing::TestWithParam<State> {
 protected:
  void prepare(const fs::path& out) const {
    if (GetParam().has_earlier) write_set(out, kOld);
    if (GetParam().has_others) write_file(out / "notes.txt", "mine");
  }
  // Whatever happened: all of the earlier set or all of the new one, and the next run leaves nothing over.
  [[nodiscard]] bool check(const fs::path& out) const {
    const Files others = GetParam().has_others ? Files{{"notes.txt", "mine"}} : Files{};
    Files wanted = kNew;
    if (!GetParam().complete && GetParam().has_earlier)
      for (const auto& [path, text] : kOld) wanted["previous/r/" + path] = text;
    settle_around(out / "report.json");
    Files found = fs::exists(out) ? read_set(out) : Files{};
    for (auto it = found.begin(); it != found.end();)
      it = it->first.find(".tmp/") != std::string::npos ? found.erase(it)
                                                        : std::next(it);  // nobody reads the stage
    const Files old = GetParam().has_earlier ? kOld : Files{};
    const bool is_old = found == with(old, others), is_new = found == with(wanted, others);
    EXPECT_TRUE(is_old || is_new) << ::testing::PrintToString(found);
    write_set(out, {{"report.json", "next"}});
    EXPECT_EQ(read_set(out), with({{"report.json", "next"}}, others));
    EXPECT_THAT(leftovers(out.parent_path()), IsEmpty());
    return is_new;
  }
};

TEST_P(EveryStep, KilledThereTheFolderIsTheOldSetOrTheNewOne) {
  bool is_killed = true, was_new = false;
  int steps = 0;
  for (; is_killed && steps < 200; ++steps) {
    const TempFolder folder(GetParam().place);
    const fs::path out = folder / "out";
    prepare(out);
    const pid_t child = ::fork();
    if (child == 0) {
      KillsAtStep operations(steps, GetParam().exchanges);
      write_set(out, kNew, "/r.json", GetParam().complete, operations);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    is_killed = WIFSIGNALED(status);
    ASSERT_TRUE(is_killed || WEXITSTATUS(status) == 0);
    const bool is_new = check(out);
    EXPECT_TRUE(is_new || !was_new) << "step " << steps << " is later and has the older set";
    was_new = is_new;
    if (::testing::Test::HasFailure()) FAIL() << "killed at step " << steps;
  }
  EXPECT_TRUE(was_new);
  EXPECT_GT(steps, 5);
}

TEST_P(EveryStep, WhatFailsThereLeavesTheOldSetOrTheNewOne) {
  bool has_acted = true;
  int steps = 0;
  for (; has_acted && steps < 200; ++steps) {
    const TempFolder folder(GetParam().place);
    const fs::path out = folder / "out";
    prepare(out);
    FailsAtStep operations(steps, GetParam().exchanges);
    try {
      write_set(out, kNew, "/r.json", GetParam().complete, operations);
    } catch (const Error& error) {
      EXPECT_THAT(error.format(), HasSubstr("the disk fails"));
    }
    has_acted = operations.has_acted();
    (void)check(out);
    if (::testing::Test::HasFailure()) FAIL() << "failed at step " << steps;
  }
  EXPECT_GT(steps, 5);
}

INSTANTIATE_TEST_SUITE_P(States, EveryStep,
                         ::testing::Values(State{"New", "", false, false, true, true},
                                           State{"Alone", "", true, false, true, true},
                                           State{"AloneIncomplete", "", true, false, true, false},
                                           State{"AloneOnTmpfs", "/dev/shm", true, false, true, true},
                                           State{"AloneWithoutExchange", "", true, false, false, true},
                                           State{"Others", "", false, true, true, true},
                                           State{"OthersAndEarlier", "", true, true, true, true},
                                           State{"OthersIncomplete", "", true, true, true, false},
                                           State{"OthersOnTmpfs", "/dev/shm", true, true, true, true}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace vernier::core
