// A processor as the host uses it: results are copied and checked, errors have the request's place.
#include "calibration/processor.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/open_processor.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

class Spelling : public ::testing::Test {
 protected:
  std::shared_ptr<const Processor> open(const std::string& options = "{}") {
    return plugin_.open("spelling", options, folder_.path());
  }
  test::TempFolder folder_;
  test::ProcessorPlugin plugin_{"fixtures/spelling/spelling.so"};
};

TEST_F(Spelling, GivesInputsAndCounts) {
  test::write_file(folder_ / "pictures/one.raw", "\x07");
  const auto processor = open(R"({"letters": 3})");
  const ProcessedRequest made = processor->encode(R"({"text": "abcde", "answer": "zy", "image": "one.raw"})",
                                                  folder_ / "pictures", "here");
  ASSERT_EQ(made.inputs.size(), 2u);
  EXPECT_EQ(made.inputs[0].first, "input");
  const Tensor& tokens = made.inputs[0].second;
  EXPECT_EQ(tokens.dtype, kInt32);
  EXPECT_EQ(tokens.shape, (Shape{1, 5}));
  EXPECT_EQ(std::vector<int32_t>(tokens.as<int32_t>(), tokens.as<int32_t>() + 5),
            (std::vector<int32_t>{0, 1, 2, 25, 24}));
  EXPECT_EQ(made.inputs[1].first, "x");
  EXPECT_EQ(made.inputs[1].second.as<float>()[0], 7);
  EXPECT_EQ(made.prompt_tokens, 3u);
  EXPECT_EQ(made.answer_tokens, 2u);
  EXPECT_EQ(made.removed_tokens, 2u);
  EXPECT_EQ(made.pictures, 1u);
  EXPECT_EQ(processor->decode({7, 8}), "hi");
  EXPECT_EQ(processor->decode({}), "");
  EXPECT_EQ(processor->name(), "spelling");
  EXPECT_EQ(processor->plugin(), "org.example.fixture.spelling");
}

// The results of one call are the plugin's until the next: the host's own are copies.
TEST_F(Spelling, ResultsOutliveTheNextCall) {
  const auto processor = open();
  const ProcessedRequest first = processor->encode(R"({"text": "ab"})", folder_.path(), "here");
  const ProcessedRequest second = processor->encode(R"({"text": "zzzzzzzz"})", folder_.path(), "here");
  EXPECT_EQ(first.inputs[0].second.as<int32_t>()[1], 1);
  EXPECT_EQ(second.inputs[0].second.shape, (Shape{1, 8}));
}

TEST_F(Spelling, ErrorsHaveStatusKindAndPlace) {
  const auto processor = open();
  const auto encode = [&](const char* request) {
    return [&, request] { (void)processor->encode(request, folder_.path(), "sample 3 (x.jsonl:4)"); };
  };
  test::expect_error(ErrorKind::kData,
                     "\"!\" is no letter\n  at sample 3 (x.jsonl:4), processor spelling (plugin "
                     "org.example.fixture.spelling)",
                     encode(R"({"text": "a!"})"));
  try {
    encode(R"({"text": "a", "image": "none.raw"})")();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_NOT_FOUND);
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.format(), ::testing::HasSubstr("there is no picture none.raw"));
  }
  try {
    (void)processor->decode({26});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_OUT_OF_RANGE);
    EXPECT_THAT(error.format(), ::testing::HasSubstr("there is no letter 26\n  at processor spelling"));
  }
  // It goes on after an error.
  EXPECT_EQ(processor->encode(R"({"text": "a"})", folder_.path(), "here").prompt_tokens, 1u);
}

TEST_F(Spelling, ADamagedCheckpointIsToldWhenItIsOpened) {
  test::write_file(folder_ / "no_letters", "");
  test::expect_error(ErrorKind::kData, "no_letters is there\n  at processor spelling", [&] { (void)open(); });
}

struct Fault {
  const char* name;
  const char* words;
};

class OddProcessor : public ::testing::TestWithParam<Fault> {};

TEST_P(OddProcessor, AResultThatIsNoneIsThePluginsFault) {
  test::ProcessorPlugin plugin("fixtures/odd_processor/odd_processor.so");
  const auto processor = plugin.open("odd", "{}", "/");
  const std::string request = std::string(R"({"fault": ")") + GetParam().name + "\"}";
  const auto encode = [&] { return processor->encode(request, "/", "sample 0"); };
  if (GetParam().words == nullptr) {
    EXPECT_EQ(encode().inputs.size(), 2u);
    return;
  }
  test::expect_error(ErrorKind::kPlugin, GetParam().words, [&] { (void)encode(); });
  test::expect_error(ErrorKind::kPlugin, "sample 0, processor odd (plugin org.example.fixture.odd_processor)",
                     [&] { (void)encode(); });
}

INSTANTIATE_TEST_SUITE_P(
    Faults, OddProcessor,
    ::testing::Values(Fault{"none", nullptr},
                      Fault{"silent", "a plugin failed with status 6 and said nothing"},
                      Fault{"status", "a plugin failed with status 4711 and said nothing"},
                      Fault{"count", "the processor gives 0 inputs, 1 to 64 are read"},
                      Fault{"many", "the processor gives 1000000 inputs"},
                      Fault{"stride", "the processor's inputs are 8 bytes apart"},
                      Fault{"wide", "the processor's inputs are 1099511627776 bytes apart"},
                      Fault{"names", "null pointer for the inputs' names"},
                      Fault{"tensors", "null pointer for the inputs"},
                      Fault{"twice", "the processor gives \"first\" twice"},
                      Fault{"nameless", "the processor gives an input without a name"},
                      Fault{"control", "which is not UTF-8 or has control characters"},
                      Fault{"dtype", "the processor gives \"second\" the dtype int16"},
                      Fault{"rank", "the processor gives \"second\" the rank 1000"},
                      Fault{"shape", "null pointer for an input's shape"},
                      Fault{"extent", "the processor gives \"first\" the shape [2, -1]"},
                      Fault{"empty", "the processor gives \"first\" the shape [2, 0]"},
                      Fault{"huge", "the processor gives \"first\" the shape [1099511627776, 1099511627776]"},
                      Fault{"data", "null pointer for an input's elements"},
                      Fault{"truth", "the processor gives \"second\" of bool a byte above 1"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(OddProcessorText, ATextWithoutItsCharactersIsRefused) {
  test::ProcessorPlugin plugin("fixtures/odd_processor/odd_processor.so");
  const auto processor = plugin.open("odd", "{}", "/");
  EXPECT_EQ(processor->decode({}), "");
  test::expect_error(ErrorKind::kPlugin, "null pointer for a text", [&] { (void)processor->decode({1}); });
}

}  // namespace
}  // namespace vernier::core
