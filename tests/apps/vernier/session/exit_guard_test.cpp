// A plugin that ends the process, or crashes it, in whatever way and wherever: the run never passes for a
// success, the plugin is named, an earlier result stays and nothing else does.
#include "ends_fixture.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;

class ExitGuard : public EndsTest {
 protected:
  // An earlier result of the same recipe.
  void make_result(bool observes) {
    std::filesystem::remove_all(out());
    Program good = start("run", "", observes);
    ASSERT_EQ(good.wait(), 0) << good.text();
    before_ = contents(out());
    ASSERT_GE(before_.size(), 4u);
  }
  void expect_refused(const Place& place, const std::string& act, const std::string& message) {
    const std::string end = std::string(place.name) + ":" + act;
    Program bad = start("run", end, place.observes);
    EXPECT_EQ(bad.wait(), 3) << end << "\n" << bad.text();
    EXPECT_FALSE(bad.ended_by_default()) << end;
    EXPECT_THAT(bad.text(), HasSubstr(message)) << end;
    EXPECT_THAT(bad.text(), HasSubstr("org.example.fixture.ends")) << end;
    expect_result(place, before_, end);
    if (place.is_after_commit) before_ = contents(out());
  }

  std::map<std::string, std::string> before_;
};

TEST_F(ExitGuard, RefusesExitEverywhere) {
  for (const bool observes : {false, true}) {
    make_result(observes);
    for (const Place& place : kPlaces) {
      if (place.observes == observes)
        expect_refused(place, "exit", "a plugin or library ended the process before the work was done");
    }
  }
}

TEST_F(ExitGuard, RefusesEachWayToExit) {
  make_result(false);
  const Place forward{"forward", false}, backend{"backend", false};
  for (const char* act : {"quick_exit", "_exit", "_Exit", "exit in a thread"}) {
    for (const Place& place : {forward, backend})
      expect_refused(place, act, "a plugin or library ended the process before the work was done");
  }
}

TEST_F(ExitGuard, NamesTheLibraryThatExits) {
  Program bad = start("run", "forward:exit in a thread");
  EXPECT_EQ(bad.wait(), 3);
  EXPECT_THAT(bad.text(), HasSubstr("/fixtures/ends/ends.so"));
}

TEST_F(ExitGuard, NamesThePluginOfACrashEverywhere) {
  for (const bool observes : {false, true}) {
    make_result(observes);
    for (const Place& place : kPlaces) {
      if (place.observes == observes)
        expect_refused(place, "segfault", "a call into a plugin crashed (segmentation fault)");
    }
  }
}

struct CrashAct {
  const char* act;
  const char* message;
};

TEST_F(ExitGuard, NamesThePluginOfEachKindOfCrash) {
  make_result(false);
  for (const CrashAct& one : {CrashAct{"abort", "crashed (abort)"}, CrashAct{"trap", "crashed (trap)"},
                              CrashAct{"bad call", "crashed (system call that is not allowed)"},
                              CrashAct{"overflow", "crashed (segmentation fault)"},
                              CrashAct{"overflow in a thread", "crashed (segmentation fault)"},
                              CrashAct{"pthread_exit", "crashed (abort)"}})
    expect_refused({"forward", false}, one.act, one.message);
}

TEST_F(ExitGuard, LetsAlonePluginsThatDoNoHarm) {
  for (const char* act : {"fork", "vfork", "broken pipe", "file too large"}) {
    std::filesystem::remove_all(out());
    Program good = start("run", std::string("backend:") + act);
    EXPECT_EQ(good.wait(), 0) << act << "\n" << good.text();
    EXPECT_TRUE(std::filesystem::exists(mark())) << act;
    EXPECT_EQ(read_file(out() / "model.ends"), "half a file") << act;
  }
}

TEST_F(ExitGuard, PlanIsNoSuccessEither) {
  for (const char* place : {"static initializer", "constructor", "destructor"}) {
    Program bad = start("plan", std::string(place) + ":exit");
    EXPECT_EQ(bad.wait(), 3) << place << "\n" << bad.text();
    EXPECT_THAT(bad.text(), HasSubstr("org.example.fixture.ends")) << place;
  }
}

TEST_F(ExitGuard, InTheProbeItIsAVerdict) {
  Program bad = start("run", "static initializer:exit", false, true);
  EXPECT_EQ(bad.wait(), 3) << bad.text();
  EXPECT_THAT(bad.text(),
              HasSubstr("ends.so cannot be used: ended the process with exit code 0 while it was tried"));
  EXPECT_FALSE(std::filesystem::exists(out()));
}

}  // namespace
}  // namespace vernier::test
