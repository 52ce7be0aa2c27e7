// Recorded calls as a message: they arrive as they left, and anything else is refused with its place.
#include "calls/message.h"

#include <gmock/gmock.h>

#include <cstring>

#include "support/expect_error.h"
#include "support/recorded_calls.h"

namespace vernier::core {
namespace {

std::vector<RecordedCall> read_all(const std::vector<std::byte>& bytes) {
  CallReader reader(bytes);
  std::vector<RecordedCall> calls;
  while (!reader.done()) calls.push_back(reader.next<RecordedCall>());
  return calls;
}

// Each kind of call, each of its fields other than its default.
std::vector<RecordedCall> every_declaration() {
  SiteCall site{"a", 1, kInt4, 2, 3, -4, "minmax", -0.5, 1e300, 1, {1, 32}};
  ParameterCall parameter{"w", {-1, 8}, site, 0.1, 5, "t.w", "alias", -1, 2, 3};
  return {site,
          parameter,
          ScalarCall{"s"},
          TieCall{7, "x/y"},
          ModuleCall{"c", "T", "{\"a\": 1}"},
          LogCall{-3, "id", std::string("a\0b", 3)},
          EndCall{},
          EndCall{}};
}

std::vector<RecordedCall> every_step() {
  return {QuantizeCall{1, 2, 3},
          WeightCall{4},
          TableCall{"t", kBool, {2, 0, -1}, uint64_t{1} << 40},
          OpCall{9,
                 {std::monostate{}, ValuePlace{kNoPlace}, int64_t{-1}, -0.0, std::vector<int64_t>{1, -2},
                  std::vector<ValuePlace>{3, 4}, std::string("tanh")},
                 2},
          ForwardCall{1, "prefill", {0, kNoPlace}},
          EndCall{{5, 6}},
          EndCall{{}}};
}

TEST(CallMessage, BringsEachCallAsItWas) {
  RecordedCalls sent;
  sent.type = "Root";
  sent.tree = test::bytes_of(every_declaration());
  sent.config_reads = "{\"read\": []}";
  sent.traces = {
      {3, "forward", {{kFloat32, {2, 4}}, {kInt32, {}}}, test::bytes_of(every_step()), {}},
      {0,
       "decode",
       {},
       {},
       Error(ErrorKind::kData, {{"what", "where", "hint"}, {"b", "", ""}}).with(VERNIER_NOT_FOUND)}};
  const RecordedCalls got = read_calls(write_calls(sent));
  EXPECT_EQ(got.type, sent.type);
  EXPECT_EQ(got.config_reads, sent.config_reads);
  EXPECT_EQ(read_all(got.tree), every_declaration());
  ASSERT_EQ(got.traces.size(), 2u);
  EXPECT_TRUE(got.traces[0].is_of(3, "forward", {{kFloat32, {2, 4}}, {kInt32, {}}}));
  EXPECT_FALSE(got.traces[0].is_of(3, "forward", {{kFloat32, {2, 4}}}));
  EXPECT_FALSE(got.traces[0].is_of(2, "forward", sent.traces[0].inputs));
  EXPECT_FALSE(got.traces[0].is_of(3, "prefill", sent.traces[0].inputs));
  EXPECT_EQ(read_all(got.traces[0].calls), every_step());
  ASSERT_TRUE(got.traces[1].error.has_value());
  EXPECT_EQ(got.traces[1].error->kind(), ErrorKind::kData);
  EXPECT_EQ(got.traces[1].error->status(), VERNIER_NOT_FOUND);
  EXPECT_EQ(got.traces[1].error->format(), sent.traces[1].error->format());
  EXPECT_EQ(write_calls(got), write_calls(sent));
}

TEST(CallMessage, CutAnywhereIsRefused) {
  const std::vector<std::byte> whole = write_calls(test::recorded_calls());
  for (size_t length = 0; length < whole.size(); ++length)
    test::expect_error(ErrorKind::kPlugin, "is damaged",
                       [&] { (void)read_calls(std::span(whole).first(length)); });
  std::vector<std::byte> longer = whole;
  longer.push_back({});
  test::expect_error(ErrorKind::kPlugin, "it goes on behind its end, at byte",
                     [&] { (void)read_calls(longer); });
}

// Whatever a byte becomes: an error in words or another message, and making its calls is one of these too.
TEST(CallMessage, WithAnyByteChangedHurtsNobody) {
  const std::vector<std::byte> whole = write_calls(test::recorded_calls());
  const std::vector<std::byte> tables(16);
  size_t refused = 0, made = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::vector<std::byte> changed = whole;
      changed[i] ^= static_cast<std::byte>(change);
      try {
        test::ReplayedModel model(read_calls(changed), tables);
        (void)model.trace(0, "forward", {{kFloat32, {2, 4}}});
        ++made;
      } catch (const Error& error) {
        EXPECT_TRUE(error.kind() == ErrorKind::kPlugin || error.kind() == ErrorKind::kData ||
                    error.kind() == ErrorKind::kInternal)
            << error.format();
        EXPECT_FALSE(error.diagnostics()[0].what.empty());
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, whole.size());
  EXPECT_GT(made, 10u) << "texts may be others";
}

struct Damage {
  const char* name;
  std::vector<RecordedCall> tree, forward;
  const char* text;
};

class DamagedCalls : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedCalls, AreRefusedBeforeTheyAreMade) {
  const Damage& damage = GetParam();
  test::expect_error(ErrorKind::kPlugin, damage.text, [&] {
    (void)read_calls(write_calls(test::recorded_calls(damage.tree, damage.forward)));
  });
}

const std::vector<RecordedCall> kEnd = {EndCall{}};

INSTANTIATE_TEST_SUITE_P(
    Table, DamagedCalls,
    ::testing::Values(
        Damage{"ATreeWithoutEnd", {SiteCall{}}, kEnd, "it ends too early"},
        Damage{"AChildWithoutEnd", {ModuleCall{}, EndCall{}}, kEnd, "it ends too early"},
        Damage{"CallsBehindTheRoot", {EndCall{}, EndCall{}}, kEnd, "calls behind the root module's end"},
        Damage{
            "AStepInTheTree", {WeightCall{}, EndCall{}}, kEnd, "a call of a forward while the tree is made"},
        Damage{"AForwardWithoutEnd", kEnd, {WeightCall{}}, "it ends too early"},
        Damage{"AChildsForwardWithoutEnd", kEnd, {ForwardCall{}, EndCall{}}, "it ends too early"},
        Damage{
            "CallsBehindTheForward", kEnd, {EndCall{}, WeightCall{}}, "calls behind the end of the forward"},
        Damage{"ADeclarationInAForward", kEnd, {ScalarCall{}, EndCall{}}, "a declaration in a forward"},
        Damage{"ManyResults", kEnd, {OpCall{0, {}, 65537}, EndCall{}}, "more than 65536 results"}),
    [](const auto& one) { return one.param.name; });

TEST(CallMessage, OfAnotherVersionIsRefused) {
  std::vector<std::byte> message = write_calls(test::recorded_calls());
  message[8] ^= std::byte{1};  // a letter of its first text
  test::expect_error(ErrorKind::kPlugin, "it is none, or of another version than this program's",
                     [&] { (void)read_calls(message); });
}

// A length is held to what is left before anything of that length is made.
TEST(CallMessage, HugeCountsTakeNoMemory) {
  for (const RecordedCall& call : {RecordedCall(OpCall{0, {}, 0}), RecordedCall(ForwardCall{0, "", {}}),
                                   RecordedCall(SiteCall{}), RecordedCall(LogCall{})}) {
    std::vector<std::byte> bytes = test::bytes_of({call});
    for (size_t i = 1; i + 4 <= bytes.size(); ++i) {
      std::vector<std::byte> huge = bytes;
      std::memset(huge.data() + i, 0xff, 4);
      try {
        (void)CallReader(huge).next<RecordedCall>();
      } catch (const Error& error) {
        EXPECT_THAT(error.diagnostics()[0].what, ::testing::HasSubstr("is damaged"));
      }
    }
  }
}

}  // namespace
}  // namespace vernier::core
