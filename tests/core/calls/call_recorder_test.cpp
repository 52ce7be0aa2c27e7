// What a recorder keeps of what it hears.
#include "calls/call_recorder.h"

#include <gmock/gmock.h>

#include "calls/message.h"
#include "support/expect_error.h"
#include "support/recorded_calls.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

class Recorder : public ::testing::Test {
 protected:
  Recorder() { recorder_.begin_tree(services_, "Root"); }

  static std::vector<RecordedCall> read_all(const std::vector<std::byte>& bytes) {
    CallReader reader(bytes);
    std::vector<RecordedCall> calls;
    while (!reader.done()) calls.push_back(reader.next<RecordedCall>());
    return calls;
  }
  std::vector<RecordedCall> tree() {
    recorder_.end_tree();
    return read_all(recorder_.finish().tree);
  }
  void log(const char* text) { services_.log(VERNIER_LOG_DEBUG, "org.example", text); }
  static RecordedCall logged(const char* text) { return LogCall{VERNIER_LOG_DEBUG, "org.example", text}; }

  ThreadPool pool_{1};
  HostServices services_{pool_};
  ScratchFile tables_{"tables"};
  CallRecorder recorder_{tables_};
};

TEST_F(Recorder, AnAttemptThatFailedLeavesItsLogLines) {
  recorder_.add(ScalarCall{"a"});
  {
    const CallRecorder::Attempt outer(&recorder_);
    recorder_.add(ModuleCall{"b", "B", "{}"});
    log("first");
    {
      CallRecorder::Attempt inner(&recorder_);
      recorder_.add(ScalarCall{"c"});
      log("second");
      inner.done();
    }
    recorder_.add(ScalarCall{"d"});
    log("third");
  }
  {
    const CallRecorder::Attempt again(&recorder_);
    recorder_.add(ScalarCall{"e"});
  }
  recorder_.add(EndCall{});
  log("last");
  EXPECT_THAT(tree(), ElementsAre(RecordedCall(ScalarCall{"a"}), logged("first"), logged("second"),
                                  logged("third"), RecordedCall(EndCall{}), logged("last")));
}

TEST_F(Recorder, LinesOfOthersAreLeftOut) {
  recorder_.add(EndCall{});
  EXPECT_EQ(tree().size(), 1u);
  log("an observer's");
  recorder_.begin_trace(0, "forward", {});
  log("a forward's");
  recorder_.add(EndCall{});
  recorder_.end_trace(true);
  log("an observer's again");
  EXPECT_THAT(read_all(recorder_.finish().traces.at(0).calls),
              ElementsAre(logged("a forward's"), RecordedCall(EndCall{})));
}

TEST_F(Recorder, TheFirstTraceThatSucceedsCounts) {
  recorder_.end_tree();
  const std::vector<TensorType> types = {{kFloat32, {2}}};
  for (uint32_t turn = 0; turn < 3; ++turn) {  // the first fails
    recorder_.begin_trace(0, "forward", types);
    recorder_.add(WeightCall{turn});
    recorder_.end_trace(turn > 0);
  }
  recorder_.begin_trace(0, "forward", {{kFloat32, {3}}});
  recorder_.add(WeightCall{9});
  recorder_.end_trace(true);
  const RecordedCalls& kept = recorder_.finish();
  ASSERT_EQ(kept.traces.size(), 2u);
  EXPECT_THAT(read_all(kept.traces[0].calls), ElementsAre(RecordedCall(WeightCall{1})));
  EXPECT_THAT(read_all(kept.traces[1].calls), ElementsAre(RecordedCall(WeightCall{9})));
  recorder_.fail(0, "forward", types, plugin_error("differs"));
  recorder_.fail(0, "decode", types, plugin_error("fails"));
  ASSERT_EQ(kept.traces.size(), 3u);
  EXPECT_TRUE(kept.traces[0].calls.empty());
  EXPECT_STREQ(kept.traces[0].error->what(), "differs");
  EXPECT_STREQ(kept.traces[2].error->what(), "fails");
}

TEST_F(Recorder, EqualElementsOfTablesAreKeptOnce) {
  const std::vector<std::byte> ones(8, std::byte{1}), twos(8, std::byte{2});
  recorder_.add_table({"a", kFloat32, {2}, 0}, ones);
  recorder_.add_table({"b", kFloat32, {2}, 0}, twos);
  recorder_.add_table({"c", kInt64, {1}, 0}, ones);
  EXPECT_EQ(recorder_.table_bytes(), 16u);
  EXPECT_THAT(tree(), ElementsAre(RecordedCall(TableCall{"a", kFloat32, {2}, 0}),
                                  RecordedCall(TableCall{"b", kFloat32, {2}, 8}),
                                  RecordedCall(TableCall{"c", kInt64, {1}, 0})));
  std::vector<std::byte> back(8);
  tables_.read(8, back);
  EXPECT_EQ(back, twos);
}

// The wrapper is not told: it could catch the error, and the record would have a hole.
TEST_F(Recorder, MoreThanFitsIsToldAtTheEnd) {
  const LogCall long_line{0, "", std::string(kMostCallBytes / 4, 'x')};
  for (int i = 0; i < 5; ++i) recorder_.add(long_line);
  recorder_.end_tree();
  test::expect_error(ErrorKind::kPlugin, "the wrappers make more calls than fit into 64 MiB",
                     [&] { (void)recorder_.finish(); });
}

TEST(Declarations, ComeBackAsTheyWere) {
  const int64_t block[] = {1, 32}, shape[] = {-1, 8};
  vernier_site_declaration site{};
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, block_rank);
  site.name = {"w", 1};
  site.role = VERNIER_ROLE_WEIGHT;
  site.dtype = kInt4;
  site.scheme = VERNIER_SCHEME_SYMMETRIC;
  site.granularity = VERNIER_GRANULARITY_BLOCK;
  site.axis = -1;
  site.observer = {"minmax", 6};
  site.low = -1;
  site.high = 2;
  site.has_range = 1;
  site.block = block;
  site.block_rank = 2;
  const SiteCall call = site_call(site);
  EXPECT_EQ(site_call(declaration_of(call)), call);
  EXPECT_EQ(call, (SiteCall{"w",
                            1,
                            kInt4,
                            VERNIER_SCHEME_SYMMETRIC,
                            VERNIER_GRANULARITY_BLOCK,
                            -1,
                            "minmax",
                            -1,
                            2,
                            1,
                            {1, 32}}));
  vernier_parameter_declaration parameter{};
  parameter.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, end);
  parameter.name = {"p", 1};
  parameter.shape = shape;
  parameter.rank = 2;
  parameter.site = &site;
  parameter.fill = 0.5;
  parameter.flags = VERNIER_PARAMETER_OPTIONAL;
  parameter.tensor = {"t", 1};
  parameter.alias = {"a.b", 3};
  parameter.axis = 1;
  parameter.begin = 2;
  parameter.end = 4;
  const ParameterCall made = parameter_call(parameter);
  EXPECT_EQ(made, (ParameterCall{"p", {-1, 8}, call, 0.5, VERNIER_PARAMETER_OPTIONAL, "t", "a.b", 1, 2, 4}));
  vernier_site_declaration room;
  EXPECT_EQ(parameter_call(declaration_of(made, room)), made);
}

// A wrapper of ABI 1.0 knows fewer fields: the others are not read.
TEST(Declarations, OfAnOlderPluginAreShorter) {
  vernier_site_declaration site{};
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, observer);
  site.name = {"act", 3};
  site.has_range = 1;
  vernier_parameter_declaration parameter{};
  parameter.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, reserved);
  parameter.name = {"p", 1};
  parameter.site = &site;
  const ParameterCall call = parameter_call(parameter);
  EXPECT_EQ(call.site->name, "act");
  EXPECT_EQ(call.site->has_range, 0u);
}

}  // namespace
}  // namespace vernier::core
