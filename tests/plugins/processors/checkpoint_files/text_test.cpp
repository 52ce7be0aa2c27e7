// Text through tokenizer.json and the chat template, held to the ids that the checkpoint was trained on.
#include <fstream>

#include "checkpoint_fixture.h"

namespace vernier::core {
namespace {

using nlohmann::json;

std::vector<int32_t> joined(std::vector<int32_t> ids, const std::vector<int32_t>& more) {
  ids.insert(ids.end(), more.begin(), more.end());
  return ids;
}

TEST_F(CheckpointFiles, EachSampleHasTheIdsThatTheModelWasTrainedOn) {
  const auto processor = open_small();
  std::ifstream lines(folder_ / "samples.jsonl");
  int samples = 0;
  for (std::string line; std::getline(lines, line); ++samples) {
    SCOPED_TRACE(line);
    const json sample = json::parse(line);
    const std::vector<int32_t> prompt = sample["input_ids"], answer = sample["answer_ids"];
    json request = sample["request"];
    const ProcessedRequest made = encode(*processor, request);
    EXPECT_EQ(integers(made, "input_ids"), joined(prompt, answer));
    EXPECT_EQ(made.prompt_tokens, prompt.size());
    EXPECT_EQ(made.answer_tokens, answer.size());
    EXPECT_EQ(integers(made, "attention_mask"), std::vector<int32_t>(prompt.size() + answer.size(), 1));
    EXPECT_EQ(integers(made, "token_type_ids"), std::vector<int32_t>(prompt.size() + answer.size(), 0));
    request.erase("answer");
    EXPECT_EQ(integers(encode(*processor, request), "input_ids"), prompt);
    if (!request.contains("images")) continue;
    // One placeholder, with its marks and without, becomes the same.
    std::string text = request["prompt"];
    const size_t first = text.find("<|image|>"), last = text.rfind("<|image|>");
    for (const char* placeholder : {"<|image|>", "<|image><|image|><image|>"}) {
      json other = request;
      constexpr size_t kMark = 8, kPlace = 9;  // characters of "<|image>", "<image|>" and of "<|image|>"
      other["prompt"] = text.substr(0, first - kMark) + placeholder + text.substr(last + kPlace + kMark);
      EXPECT_EQ(integers(encode(*processor, other), "input_ids"), prompt) << placeholder;
    }
  }
  EXPECT_EQ(samples, 64);
}

TEST_F(CheckpointFiles, TokensBecomeTextAgain) {
  const auto processor = open();
  const std::string text = "<bos>what does the picture show?<turn|>a red circle.<eos>";
  const std::vector<int32_t> ids = integers(encode(*processor, {{"prompt", text}}), "input_ids");
  EXPECT_EQ(processor->decode({ids.begin(), ids.end()}), text);
  EXPECT_EQ(processor->decode({}), "");
  for (const int64_t beyond : {int64_t{320}, int64_t{-1}, int64_t{1} << 40}) {
    expect_status(VERNIER_OUT_OF_RANGE, ErrorKind::kPlugin,
                  "there is no token " + std::to_string(beyond) + ": the vocabulary of " +
                      path("tokenizer.json") + " has 320",
                  [&] {
                    (void)processor->decode({2, beyond});
                  });
  }
}

TEST_F(CheckpointFiles, ACharacterOutsideTheVocabularyIsTheUnknownToken) {
  const auto processor = open();
  const std::vector<int32_t> ids = integers(encode(*processor, {{"prompt", "a \xE7\x8C\xAB."}}), "input_ids");
  EXPECT_THAT(ids, ::testing::Contains(3));
  EXPECT_EQ(ids.back(), 9) << "the full stop";
}

TEST_F(CheckpointFiles, TokensHaveALengthWhereTheOptionsSaySo) {
  const auto processor =
      open({{"tokens", 8}, {"truncate", true}, {"token_dtype", "int64"}, {"mask_dtype", "float32"}});
  const ProcessedRequest made = encode(*processor, {{"text", "red."}});
  const Tensor& ids = input(made, "input_ids");
  EXPECT_EQ(ids.dtype, kInt64);
  EXPECT_EQ(ids.shape, (Shape{1, 8}));
  const auto used = static_cast<int64_t>(made.prompt_tokens);
  EXPECT_EQ(used, 2);
  const Tensor& mask = input(made, "attention_mask");
  EXPECT_EQ(mask.dtype, kFloat32);
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(mask.as<float>()[i], i < used ? 1 : 0);
    EXPECT_EQ(ids.as<int64_t>()[i] == 0, i >= used) << "padding is token 0";
  }
  const std::string ten = "red. red. red. red. red.";
  const ProcessedRequest cut = encode(*processor, {{"text", ten}});
  EXPECT_EQ(cut.prompt_tokens, 8u);
  EXPECT_EQ(cut.removed_tokens, 2u);
  expect_refused(*processor, {{"prompt", ten}}, VERNIER_INVALID_ARGUMENT,
                 "the request gives 10 tokens, the option \"tokens\" allows 8");
  expect_refused(
      *open({{"tokens", 8}}), {{"text", ten}}, VERNIER_INVALID_ARGUMENT,
      "the request gives 10 tokens, the option \"tokens\" allows 8; a {\"text\": …} is cut there with "
      "\"truncate\": true");
}

TEST_F(CheckpointFiles, AChatGoesThroughTheTemplate) {
  write("chat_template.jinja",
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{% if m.content is string %}"
        "{{ m.content }}{% else %}{% for part in m.content %}{% if part.type == 'image' %}{{ image_token }}"
        "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<turn|>{% else %}{% generation %}"
        "{{ m.content }}{{ eos_token }}{% endgeneration %}{% endif %}{% endfor %}");
  const auto processor = open_small();
  const json content = json::parse(R"([{"type": "image", "path": "000.png"},
                                       {"type": "text", "text": "what does the picture show?"}])");
  std::ifstream lines(folder_ / "samples.jsonl");
  std::string line;
  std::getline(lines, line);
  const json sample = json::parse(line);
  const json chat = {{"messages", {{{"role", "user"}, {"content", content}}}}};
  EXPECT_EQ(integers(encode(*processor, chat), "input_ids"), sample["input_ids"].get<std::vector<int32_t>>());
  json answered = chat;
  answered["answer"] = sample["request"]["answer"];
  const ProcessedRequest made = encode(*processor, answered);
  EXPECT_EQ(integers(made, "input_ids"), joined(sample["input_ids"], sample["answer_ids"]));
  EXPECT_EQ(made.answer_tokens, sample["answer_ids"].size());
  EXPECT_EQ(made.pictures, 1u);
  const json plain = {{"messages", {{{"role", "user"}, {"content", "how many shapes?"}}}}};
  EXPECT_EQ(integers(encode(*processor, plain), "input_ids"),
            integers(encode(*processor, {{"prompt", "<bos>how many shapes?<turn|>"}}), "input_ids"));
}

// A tokenizer that puts <bos> before each text, and a template that writes it: the prompt has it once.
TEST_F(CheckpointFiles, APromptBeginsOnce) {
  json tokenizer = json::parse(test::read_file(folder_ / "tokenizer.json"));
  tokenizer["post_processor"] = json::parse(
      R"({"type": "TemplateProcessing", "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
          "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}}],
          "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}})");
  write("tokenizer.json", tokenizer.dump());
  const auto processor = open();
  const json chat = {{"messages", {{{"role", "user"}, {"content", "how many shapes?"}}}}};
  const std::vector<int32_t> ids = integers(encode(*processor, chat), "input_ids");
  EXPECT_EQ(ids[0], 2);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 2), 1);
  const std::vector<int32_t> raw = integers(encode(*processor, {{"prompt", "how many"}}), "input_ids");
  EXPECT_EQ(std::count(raw.begin(), raw.end(), 2), 0) << "a prompt stands as it is written";
  const std::vector<int32_t> text = integers(encode(*processor, {{"text", "how many"}}), "input_ids");
  EXPECT_EQ(std::count(text.begin(), text.end(), 2), 1) << "a text is the tokenizer's to begin";
}

struct Template {
  const char* text;
  vernier_status status;
  const char* words;
};

TEST_F(CheckpointFiles, ATemplateIsAProgramOfOthers) {
  const Template table[] = {
      {"{% if %}", VERNIER_DATA_LOSS, "is damaged: line 1 of the template"},
      {"{{ raise_exception('roles must alternate') }}", VERNIER_INVALID_ARGUMENT,
       "refuses the messages: roles must alternate"},
      {"{{ messages[0].none.other }}", VERNIER_INVALID_ARGUMENT, "refuses the messages: "},
      {"{{ messages[0].content + 1 }}", VERNIER_INVALID_ARGUMENT, "fails on the messages: TypeError"},
      {"{{ messages.__class__.__mro__ }}", VERNIER_DATA_LOSS, "does what it may not"},
      {"{{ messages.append(1) }}", VERNIER_DATA_LOSS, "does what it may not"},
      {"{% for i in range(10000000) %}x{% endfor %}", VERNIER_INVALID_ARGUMENT, "fails on the messages"},
      {"{% for m in messages %}{{ m.content }}{% endfor %}x", VERNIER_INVALID_ARGUMENT,
       "does not put an answer behind its prompt"},
  };
  for (const Template& row : table) {
    SCOPED_TRACE(row.text);
    write("chat_template.jinja", row.text);
    expect_refused(*open(), {{"messages", {{{"role", "user"}, {"content", "a"}}}}, {"answer", "b"}},
                   row.status, row.words);
  }
  std::filesystem::remove(folder_ / "chat_template.jinja");
  expect_refused(*open(), {{"messages", {{{"role", "user"}, {"content", "a"}}}}}, VERNIER_NOT_FOUND,
                 "the checkpoint " + folder_.path().string() +
                     " has no chat template: neither "
                     "chat_template.jinja nor \"chat_template\" in tokenizer_config.json; write \"prompt\"");
}

struct Bad {
  const char* request;
  const char* words;
};

TEST_F(CheckpointFiles, ARequestThatIsNoneSaysWhatOneIs) {
  const auto processor = open();
  const Bad table[] = {
      {R"([])", "a request is a JSON object"},
      {R"({})", "a request has one of \"text\", \"messages\" and \"prompt\""},
      {R"({"txt": "a"})", "did you mean \"text\"?"},
      {R"({"text": "a", "prompt": "b"})", "this one has text and prompt"},
      {R"({"text": "a", "answer": "b"})", "a request of the form {\"text\": …} has no \"answer\""},
      {R"({"prompt": "a", "image": "b"})", "has no \"image\"; did you mean \"images\"?"},
      {R"({"prompt": "a", "images": "b"})", "\"images\" of the request is not a list of paths"},
      {R"({"prompt": "a", "answer": 1})", "\"answer\" of the request is not a text"},
      {R"({"text": 1})", "\"text\" of the request is not a text"},
      {R"({"text": ""})", "the request gives no token"},
      {R"({"messages": []})", "\"messages\" is not a list of messages"},
      {R"({"messages": ["a"]})", "message 0 is no object"},
      {R"({"messages": [{"role": "user"}]})", "\"content\" of message 0 is not a text"},
      {R"({"messages": [{"content": "a"}]})", "\"role\" of message 0 is not a text"},
      {R"({"messages": [{"role": "user", "content": [{"type": "video"}]}]})",
       "part 0 of message 0 is neither"},
      {R"({"messages": [{"role": "user", "content": [{"type": "text"}]}]})",
       "\"text\" of part 0 of message 0"},
      {R"({"messages": [{"role": "user", "content": "a", "tool": 1}]})", "message 0 has no \"tool\""},
      {R"({"text": "<|image|>"})", "the prompt has places for 1 pictures, the request has 0"},
      {R"({"prompt": "a", "images": ["000.png"]})",
       "the prompt has places for 0 pictures, the request has 1"},
      {R"({"prompt": "<|image|><|image|>", "images": ["000.png"]})", "places for 2 pictures"},
      {R"({"prompt": "<|image><|image|><|image|><image|>", "images": ["000.png"]})",
       "the prompt has 2 places for picture 0, which gives 9 soft tokens"}};
  for (const Bad& row : table)
    expect_refused(*processor, json::parse(row.request), VERNIER_INVALID_ARGUMENT, row.words);
  expect_status(VERNIER_INVALID_ARGUMENT, ErrorKind::kData, "the request is not JSON",
                [&] { (void)processor->encode("{\"text\"", folder_.path(), "sample 0"); });
  // It goes on after each of them; a request may stand on several lines.
  EXPECT_EQ(processor->encode("{\n\"text\": \"red.\"\n}", folder_.path(), "sample 0").prompt_tokens, 2u);
}

TEST_F(CheckpointFiles, FilesThatAreMissingOrDamagedAreNamed) {
  const auto refused = [&](vernier_status status, ErrorKind kind, const std::string& words,
                           const json& options = json::object()) {
    expect_status(status, kind, words, [&] { (void)open(options); });
  };
  refused(VERNIER_INVALID_ARGUMENT, ErrorKind::kPlugin,
          "option \"pad_token\": " + path("tokenizer.json") + " has no token <none>",
          {{"pad_token", "<none>"}});
  write("tokenizer_config.json", "{\"eos_token\": \"<eos>\"}");
  refused(VERNIER_INVALID_ARGUMENT, ErrorKind::kPlugin, "the checkpoint names no token for padding",
          {{"tokens", 8}});
  EXPECT_EQ(encode(*open({{"tokens", 8}, {"pad_token", "<pad>"}}), {{"text", "red."}}).prompt_tokens, 2u);
  expect_refused(*open(), {{"prompt", "<|image|>"}, {"images", {"000.png"}}}, VERNIER_NOT_FOUND,
                 "the checkpoint names no token for pictures");
  write("tokenizer_config.json", "{}");
  expect_refused(*open(), {{"prompt", "a"}, {"answer", "b"}}, VERNIER_NOT_FOUND,
                 "names no token that ends an answer");
  write("tokenizer_config.json", "{\"pad_token\"");
  refused(VERNIER_DATA_LOSS, ErrorKind::kData, path("tokenizer_config.json") + " is damaged");
  write("tokenizer_config.json", "[]");
  refused(VERNIER_DATA_LOSS, ErrorKind::kData,
          path("tokenizer_config.json") + " is damaged: it is no JSON object");
  std::filesystem::remove(folder_ / "tokenizer_config.json");
  EXPECT_EQ(encode(*open(), {{"text", "red."}}).prompt_tokens, 2u) << "a text needs tokenizer.json only";
  const std::string whole = test::read_file(folder_ / "tokenizer.json");
  for (const std::string& text :
       {whole.substr(0, whole.size() / 2), std::string("{}"), std::string("\xff")}) {
    write("tokenizer.json", text);
    refused(VERNIER_DATA_LOSS, ErrorKind::kData, path("tokenizer.json") + " ");
  }
  std::filesystem::remove(folder_ / "tokenizer.json");
  refused(VERNIER_NOT_FOUND, ErrorKind::kPlugin, "has no tokenizer.json");
}

TEST_F(CheckpointFiles, AMissingPythonOrPackageIsNotFoundAndSaysHowToGetIt) {
  expect_status(VERNIER_NOT_FOUND, ErrorKind::kPlugin, "cannot start /nonexistent/python", [&] {
    (void)open({{"python", "/nonexistent/python"}});
  });
  if (std::system("python3 -S -c 'import os' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  write("bare-python", "#!/bin/sh\nexec python3 -S -I \"$@\"\n");
  std::filesystem::permissions(folder_ / "bare-python", std::filesystem::perms::owner_all);
  expect_status(VERNIER_NOT_FOUND, ErrorKind::kPlugin, "`pip install tokenizers jinja2 pillow`", [&] {
    (void)open({{"python", path("bare-python")}});
  });
}

}  // namespace
}  // namespace vernier::core
