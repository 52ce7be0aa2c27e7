// `vernier verify FOLDER`: its files run on the requests of its golden run, and held to it or to what a
// device recorded. Each fault of a device is made here in a right recording, and named at its place.
#include <gmock/gmock.h>

#include "core/session/verified_folder_fixture.h"
#include "support/expect_error.h"
#include "support/npy_bytes.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST_F(VerifiedFolder, GivesWhatItsGoldenRunHas) {
  const json folder = verify_folder(options_of());
  EXPECT_TRUE(folder_holds(folder));
  const json& held = folder.at("held");
  EXPECT_EQ(held.at("requests"), 2);
  // In prefill 8 tensors of two embeddings, layers and head: 2 + 2 * 7 + 2; in decode 2 more of each layer.
  EXPECT_EQ(held.at("tensors"), 2 * (18 + 3 * 22));
  EXPECT_EQ(held.at("lacking"), 0);
  EXPECT_EQ(held.at("differ"), 0);
  EXPECT_EQ(held.at("tokens"), 8);
  EXPECT_EQ(held.at("same_tokens"), 8);
  EXPECT_EQ(held.at("files").size(), 7U);
  EXPECT_THAT(folder_table(folder), HasSubstr("2 requests, 168 tensors at boundaries of files, 0 of them "
                                              "differ; 8 of 8 tokens are the same"));
}

TEST_F(VerifiedFolder, RunsNothingWithoutAGoldenRun) {
  json document = read_json(run_folder() / "program.json");
  document.erase("files");
  test::write_file(run_folder() / "program.json", document.dump());
  const json folder = verify_folder(options_of());
  EXPECT_TRUE(folder.at("held").is_null());
  EXPECT_TRUE(folder_holds(folder));
  EXPECT_THAT(folder_table(folder), HasSubstr("no golden run: nothing was run"));
  VerifyFolderOptions recording = options_of();
  recording.record = folder_ / "own.safetensors";
  test::expect_error(ErrorKind::kUsage, "has no golden run whose requests could be recorded",
                     [&] { (void)verify_folder(recording); });
  // A dump that has requests and tokens needs none.
  EXPECT_EQ(held(golden_).at("differ"), 0);
  golden_.erase("1.request.input_ids");
  test::expect_error(ErrorKind::kData, "request 1 is neither in the recording nor in the folder's golden run",
                     [&] { (void)held(golden_); });
}

TEST_F(VerifiedFolder, RecordsWhatItReads) {
  VerifyFolderOptions recording = options_of();
  recording.record = folder_ / "own.safetensors";
  (void)verify_folder(recording);
  EXPECT_EQ(test::read_file(recording.record), test::read_file(run_folder() / kGoldenFile));
  recording.records_nodes = true;
  (void)verify_folder(recording);
  const Recording own = Recording::open(recording.record);
  EXPECT_EQ(own.names().size(), nodes_.size());
  EXPECT_GT(nodes_.size(), golden_.size());
  const json with_nodes = verify_folder(options_of(recording.record)).at("held");
  EXPECT_EQ(with_nodes.at("tensors"), nodes_.size() - 4);  // two requests and their tokens
  EXPECT_EQ(with_nodes.at("differ"), 0);
  recording.record = run_folder() / "own.safetensors";
  test::expect_error(ErrorKind::kUsage, "the recording would be written into the folder",
                     [&] { (void)verify_folder(recording); });
}

TEST_F(VerifiedFolder, RecordsNothingOverTheDumpThatItReads) {
  const std::filesystem::path dump = folder_ / "dump";
  std::filesystem::create_directory(dump);
  std::filesystem::copy_file(run_folder() / kGoldenFile, dump / "a.safetensors");
  const std::string before = test::read_file(dump / "a.safetensors");
  std::filesystem::create_symlink(dump / "a.safetensors", folder_ / "link.safetensors");
  struct Row {
    std::filesystem::path device, record;
  };
  const Row rows[] = {{dump / "a.safetensors", dump / "a.safetensors"},
                      {dump / "a.safetensors", folder_ / "link.safetensors"},
                      {folder_ / "link.safetensors", dump / "a.safetensors"},
                      {dump, dump / "a.safetensors"},
                      {dump, dump / "new.safetensors"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.record.string());
    VerifyFolderOptions options = options_of(row.device);
    options.record = row.record;
    test::expect_error(ErrorKind::kUsage, "would be written over " + row.device.string() + ", which is read",
                       [&] { (void)verify_folder(options); });
  }
  EXPECT_EQ(test::read_file(dump / "a.safetensors"), before);
  EXPECT_FALSE(std::filesystem::exists(dump / "new.safetensors"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link.safetensors"));
}

// What a fault is named as.
struct Named {
  std::string side, file, tensor, buffer, writer;
  std::vector<int64_t> first;
};

void expect_only(const json& held, const Named& wanted) {
  ASSERT_EQ(held.at("differ"), 1) << held.dump(1);
  const json& one = held.at("differences").at(0);
  EXPECT_EQ(one.at("side"), wanted.side);
  EXPECT_EQ(one.at("file"), wanted.file);
  EXPECT_EQ(one.at("tensor"), wanted.tensor);
  EXPECT_EQ(one.at("buffer"), wanted.buffer);
  EXPECT_THAT(one.at("writer").get<std::string>(), HasSubstr(wanted.writer));
  EXPECT_EQ(one.at("first"), wanted.first);
}

TEST_F(VerifiedFolder, FindsNoFaultInARightDump) {
  const json found = held(dump_with({}, true));
  EXPECT_EQ(found.at("differ"), 0);
  EXPECT_EQ(found.at("lacking"), 0);
  EXPECT_EQ(found.at("same_tokens"), 8);
}

TEST_F(VerifiedFolder, NamesAFlippedCode) {
  const RecordedTensors dump = dump_with(
      {{"1.decode.1.layer_decode_0.out.hidden_out", codes<int16_t>([](int16_t* x) { x[5] ^= 0x40; })}});
  const json found = held(dump);
  expect_only(found, {"out", "layer_decode_0.circle", "hidden_out", "hidden_1_decode", "", {0, 0, 5}});
  const json& one = found.at("differences").at(0);
  EXPECT_EQ(one.at("request"), 1);
  EXPECT_EQ(one.at("phase"), "decode");
  EXPECT_EQ(one.at("pass"), 1);
  EXPECT_EQ(one.at("most"), 64.0);
  EXPECT_THAT(one.at("text").get<std::string>(),
              HasSubstr("request 1, phase decode, pass 1: output hidden_out of layer_decode_0.circle, buffer "
                        "hidden_1_decode\n  at [0, 0, 5]: "));
  EXPECT_EQ(held(dump, 63).at("differ"), 1);
  EXPECT_EQ(held(dump, 64).at("differ"), 0);
}

TEST_F(VerifiedFolder, NamesAShiftedCacheSlot) {
  // The device wrote the token of the first decode to the slot behind its own.
  const json found = held(dump_with({{"0.decode.1.layer_decode_1.in.past_k", codes<int16_t>([](int16_t* x) {
                                        std::copy_n(x + 2 * 8, 8, x + 3 * 8);
                                        std::fill_n(x + 2 * 8, 8, int16_t{0});
                                      })}}));
  expect_only(
      found,
      {"in", "layer_decode_1.circle", "past_k", "cache_k_1", "step write_rows (/phases/1/steps/", {0, 2, 0}});
  EXPECT_EQ(found.at("differences").at(0).at("moved"), "index 3 of axis 1 holds what belongs to index 2");
  // What the prefill wrote has another writer.
  expect_only(
      held(dump_with({{"0.decode.0.layer_decode_0.in.past_v", codes<int16_t>([](int16_t* x) { ++x[8]; })}})),
      {"in", "layer_decode_0.circle", "past_v", "cache_v_0", "step write_rows (/phases/0/steps/", {0, 1, 0}});
}

TEST_F(VerifiedFolder, NamesAWrongMaskValue) {
  // Query 3 sees key 4.
  const auto fault = codes<int16_t>([](int16_t* x) { x[3 * 8 + 4] = x[3 * 8 + 3]; });
  expect_only(
      held(dump_with({{"1.prefill.0.layer_prefill_1.in.mask", fault}})),
      {"in", "layer_prefill_1.circle", "mask", "far_mask", "step causal_mask (/phases/0/", {0, 3, 4}});
}

// Keys of position p are turned back by its angles.
TEST_F(VerifiedFolder, NamesUnrotatedKeys) {
  ASSERT_EQ(program_.find_buffer("keys_0")->qparams->zero_point.front(), 0);
  const auto fault = codes<int16_t>([](int16_t* x) {
    for (int p = 0; p < 8; ++p) {
      for (int i = 0; i < 4; ++i) {
        const double angle = p * std::pow(100, -2.0 * i / 8), a = x[p * 8 + i], b = x[p * 8 + 4 + i];
        x[p * 8 + i] = static_cast<int16_t>(std::lround(a * std::cos(angle) + b * std::sin(angle)));
        x[p * 8 + 4 + i] = static_cast<int16_t>(std::lround(b * std::cos(angle) - a * std::sin(angle)));
      }
    }
  });
  const json found = held(dump_with({{"1.prefill.0.layer_prefill_0.out.new_k", fault}}));
  // Position 0 is turned by nothing.
  expect_only(found, {"out", "layer_prefill_0.circle", "new_k", "keys_0", "", {0, 1, 0}});
  EXPECT_EQ(found.at("differences").at(0).at("low"), (json{0, 1, 0}));
  EXPECT_EQ(found.at("differences").at(0).at("high"), (json{0, 7, 7}));
}

TEST_F(VerifiedFolder, NamesATensorInsideAFile) {
  const std::string prefix = "0.prefill.0.layer_prefill_1.node.";
  const auto node = nodes_.lower_bound(prefix);
  ASSERT_TRUE(node != nodes_.end() && node->first.starts_with(prefix));
  ASSERT_EQ(node->second.dtype, kInt16);
  const json found = held(dump_with({{node->first, codes<int16_t>([](int16_t* x) { x[0] ^= 1; })}}, true));
  expect_only(found, {"node", "layer_prefill_1.circle", node->first.substr(prefix.size()), "", "",
                      std::vector<int64_t>(node->second.shape.size(), 0)});
}

TEST_F(VerifiedFolder, NamesEachOfSeveralFaultsOnce) {
  const json found = held(dump_with(
      {{"0.prefill.0.layer_prefill_0.out.hidden_out", codes<int16_t>([](int16_t* x) { x[0] ^= 0x100; })},
       {"0.prefill.0.layer_prefill_1.in.sin", codes<int16_t>([](int16_t* x) { x[17] = 0; })},
       {"0.decode.2.head.out.logits", codes<int16_t>([](int16_t* x) { x[3] ^= 2; })}}));
  std::vector<std::string> names;
  for (const json& one : found.at("differences")) names.push_back(one.at("name"));
  EXPECT_EQ(names,
            (std::vector<std::string>{"0.prefill.0.layer_prefill_0.out.hidden_out",
                                      "0.prefill.0.layer_prefill_1.in.sin", "0.decode.2.head.out.logits"}));
  const json folder = verify_folder(options_of(folder_ / "dump.safetensors"));
  EXPECT_FALSE(folder_holds(folder));
  EXPECT_THAT(folder_table(folder), HasSubstr("3 of them differ"));
}

// A device that says but one token, over and over: it is the head's file, and what went into it was right.
TEST_F(VerifiedFolder, NamesTheFileOfADeviceThatSaysPadsAlone) {
  const auto pads = codes<int16_t>([](int16_t* x) { std::fill_n(x, 24, int16_t{0}); });
  std::map<std::string, FaultyDevice::Fault> faults = {{"0.prefill.0.head.out.logits", pads}};
  for (const char* pass : {"0", "1", "2"})
    faults[std::string("0.decode.") + pass + ".head.out.logits"] = pads;
  const RecordedTensors dump = dump_with(faults);
  EXPECT_EQ(elements<int32_t>(dump.at("0.tokens")), std::vector<int32_t>(4, 0));
  const json found = held(dump);
  EXPECT_EQ(found.at("differ"), 4);
  for (const json& one : found.at("differences")) {
    EXPECT_EQ(one.at("file"), "head.circle");
    EXPECT_EQ(one.at("side"), "out");
  }
  EXPECT_FALSE(folder_holds(verify_folder(options_of(folder_ / "dump.safetensors"))));
}

TEST_F(VerifiedFolder, TellsAContradictionOfTheDump) {
  // The file gave one code, and the next file was given another.
  std::string name = "0.prefill.0.layer_prefill_0.out.hidden_out";
  Tensor x = Tensor::allocate(kInt16, {1, 8, 8});
  std::memcpy(x.mutable_as<std::byte>(), golden_.at(name).data, x.bytes());
  x.mutable_as<int16_t>()[0] ^= 0x100;
  golden_.at(name) = x;
  const json found = held(golden_);
  ASSERT_EQ(found.at("differ"), 2);
  EXPECT_EQ(found.at("differences").at(0).at("name"), name);
  EXPECT_EQ(found.at("differences").at(1).at("name"), "0.prefill.0.layer_prefill_1.in.hidden");
  EXPECT_THAT(found.at("differences").at(1).at("writer").get<std::string>(),
              HasSubstr("unit layer_prefill_0 (/phases/0/steps/"));
}

TEST_F(VerifiedFolder, ComparesTokensAndGoesOnWithTheDevices) {
  std::vector<int32_t> tokens = elements<int32_t>(golden_.at("0.tokens"));
  const int32_t right = tokens[1];
  tokens[1] = (right + 1) % 24;
  golden_.at("0.tokens") = int32s({4}, tokens);
  // Of the device's own next passes there is nothing.
  std::erase_if(golden_, [](const auto& one) {
    return one.first.starts_with("0.decode.") && !one.first.starts_with("0.decode.0.");
  });
  const json found = held(golden_);
  EXPECT_EQ(found.at("differ"), 0);
  EXPECT_GE(found.at("same_tokens"), 5);
  EXPECT_LT(found.at("same_tokens"), 8);
  EXPECT_EQ(found.at("token_differences").at(0),
            (json{{"request", 0}, {"token", 1}, {"right", right}, {"found", tokens[1]}}));
  EXPECT_EQ(found.at("lacking"), 2 * 22);
}

// As `run` writes it where boundaries are beyond its limit.
TEST_F(VerifiedFolder, AGoldenRunOfTokensAloneHoldsThem) {
  std::erase_if(golden_, [](const auto& one) {
    return !one.first.ends_with(".tokens") && one.first.find(".request.") == std::string::npos;
  });
  const auto write = [this] {
    write_recording(run_folder() / kGoldenFile, golden_);
    program_.files.back() = program_file(run_folder(), kGoldenFile);
    write_program_file(program_, run_folder());
  };
  write();
  const json found = verify_folder(options_of()).at("held");
  EXPECT_EQ(found.at("tensors"), 0);
  EXPECT_EQ(found.at("tokens"), found.at("same_tokens"));
  EXPECT_GT(found.at("tokens"), 0);
  EXPECT_EQ(found.at("equal"), true);
  std::vector<int32_t> tokens = elements<int32_t>(golden_.at("0.tokens"));
  tokens[1] = tokens[1] == 0 ? 1 : 0;
  golden_.at("0.tokens") = int32s({static_cast<int64_t>(tokens.size())}, tokens);
  write();
  EXPECT_EQ(verify_folder(options_of()).at("held").at("equal"), false);
}

TEST_F(VerifiedFolder, TakesFlatArraysOfAPhone) {
  const Tensor& logits = golden_.at("0.decode.0.head.out.logits");
  const std::string bytes(reinterpret_cast<const char*>(logits.data), logits.bytes());
  test::write_file(folder_ / "dump/0.decode.0.head.out.logits.npy", test::npy_bytes("<i2", "(24,)", bytes));
  const json found = verify_folder(options_of(folder_ / "dump")).at("held");
  EXPECT_EQ(found.at("tensors"), 1);
  EXPECT_EQ(found.at("differ"), 0);
  EXPECT_EQ(found.at("tokens"), 0);  // it recorded none
}

struct Refused {
  std::string what;
  std::function<void(RecordedTensors&)> change;
  std::string text;
};

TEST_F(VerifiedFolder, RefusesWhatItCannotCompare) {
  const std::string logits = "0.prefill.0.head.out.logits";
  const Refused rows[] = {
      {"an unknown file", [](auto& x) { x["0.prefill.0.heads.out.logits"] = int16s({1}, {0}); },
       "\"0.prefill.0.heads.out.logits\" names nothing that passes in the run"},
      {"a pass behind the tokens", [](auto& x) { x["0.decode.3.head.out.logits"] = int16s({1}, {0}); },
       "\"0.decode.3.head.out.logits\" names nothing that passes in the run"},
      {"real values", [&](auto& x) { x[logits] = test::floats({24}, std::vector<float>(24)); },
       "0.prefill.0.head.out.logits is float32 [24]; the run has int16 [1, 1, 24] there"},
      {"another shape",
       [&](auto& x) {
         x[logits] = int16s({12, 2}, std::vector<int16_t>(24));
       },
       "0.prefill.0.head.out.logits is int16 [12, 2]; the run has int16 [1, 1, 24] there"},
      {"no boundary",
       [](auto& x) { std::erase_if(x, [](const auto& one) { return one.first != "0.tokens"; }); },
       "no tensor of the recording is at a boundary of a file"},
      {"a token that there is none",
       [](auto& x) {
         x["0.tokens"] = int32s({2}, {24, 1});
       },
       "24"}};
  for (const Refused& row : rows) {
    SCOPED_TRACE(row.what);
    RecordedTensors dump = golden_;
    row.change(dump);
    test::expect_error(ErrorKind::kData, row.text, [&] { (void)held(dump); });
  }
}

TEST_F(VerifiedFolder, LeavesBoundariesOutBeyondALimit) {
  FileUnits files(program_, run_folder(), *model_.p.services, *model_.p.hub);
  RecordOptions recorded;
  recorded.most_bytes = 1000;
  RecordedRuns runs(program_, files, RunControl::none(), recorded);
  (void)runs.add(0, request({5, 11}), {4, {}});
  EXPECT_FALSE(runs.has_boundaries());
  EXPECT_EQ(runs.tensors().size(), 2U);
}

}  // namespace
}  // namespace vernier::core
