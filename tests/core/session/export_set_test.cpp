// Two graphs of one module in one file: smaller by what they share, each run by its name to the same bytes as
// from a file of its own. The files
// tests/data/circle/layer_* are made here.
#include "session/export_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <set>

#include "calibration/calibrator.h"
#include "circle/reader.h"
#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/constant_ids.h"
#include "session/prepare.h"
#include "support/expect_error.h"
#include "support/shipped_profile.h"
#include "support/temp_folder.h"
#include "trace/with_qparams.h"
#include "verify/executed_file.h"
#include "vernier/core/check.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kNames = {"prefill", "decode"};

json layer_recipe(const char* activation) {
  return {{"version", 1},
          {"model",
           {{"checkpoint", source_file("tests/data/golden/bert_tiny").string()},
            {"module", "encoder.layer.0"},
            {"type", "BertLayer"},
            {"config",
             {{"hidden_size", 16},
              {"num_attention_heads", 2},
              {"intermediate_size", 24},
              {"layer_norm_form", "op"}}}}},
          {"quantization",
           {{"activation", {{"observer", "minmax"}, {"dtype", activation}}},
            {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}}},
          {"calibration",
           {{"inputs",
             {{"kind", "synthetic"},
              {"inputs",
               {{"hidden_states", {{"shape", {1, 6, 16}}}},
                {"attention_mask",
                 {{"shape", {1, 1, 1, 6}}, {"distribution", "uniform"}, {"low", -1}, {"high", 0}}}}}}},
            {"samples", 4}}}};
}

// A BertLayer, calibrated, as two graphs: of six tokens and of one.
class ExportSet : public ::testing::Test {
 protected:
  ExportSet() {
    test::write_file(folder_ / "recipe.json", layer_recipe("uint8").dump(1));
    options_.recipe = folder_ / "recipe.json";
    options_.device = &make_reference_device;
    p_ = std::make_unique<Prepared>(prepare(options_));
    device_ = make_reference_device(*p_->pool);
    p_->services->use_device(device_.get());
    runner_ = std::make_unique<EntryRunner>(*p_->services, *p_->tree, *device_, "forward", p_->input_names());
    const auto inputs =
        open_inputs(p_->recipe.units[0].calibration.inputs, p_->recipe.folder, p_->input_names(), 4, 42, "");
    Calibrator calibrator(*p_->services, *p_->tree,
                          [this](const std::string& name) { return p_->hub->observer(name); });
    calibrator.convert_parameters();
    Batches batches(*inputs, 4, 1, {});
    calibrator.observe(*runner_, batches, {}, {});
    calibrator.convert_activations();
    for (const int64_t tokens : {6, 1}) {
      const std::vector<TensorType> types = {{kFloat32, {1, tokens, 16}}, {kFloat32, {1, 1, 1, tokens}}};
      const Graph recorded = with_qparams(*runner_->graph(types), *p_->tree, QParamsOf::kConversion);
      captured_.push_back(std::make_unique<CapturedGraph>(recorded, *p_->tree, *device_));
      named_.push_back({kNames[named_.size()], captured_.back().get()});
      lowered_.push_back(std::make_unique<CapturedGraph>(recorded, *p_->tree, *device_,
                                                         *test::shipped_profile("circle").lowering));
      for_circle_.push_back({named_.back().name, lowered_.back().get()});
      planned_.push_back({named_.back().name, planned_file(recorded)});
    }
  }

  [[nodiscard]] LoadedBackend backend(const std::string& name) { return p_->hub->backend(name); }
  fs::path write(const std::string& backend_name, const std::string& file,
                 const std::vector<NamedGraph>& graphs) {
    const auto files = export_set(*p_->services, backend(backend_name), "{}", graphs, folder_ / file, {});
    files->commit();
    return folder_ / file;
  }
  // prefill.x, decode.x and set.x.
  std::vector<fs::path> write_all(const std::string& name) {
    const std::vector<NamedGraph>& graphs = name == "circle" ? for_circle_ : named_;
    return {write(name, "prefill." + name, {graphs[0]}), write(name, "decode." + name, {graphs[1]}),
            write(name, "set." + name, graphs)};
  }
  static std::vector<core::Tensor> inputs_of(const ExecutedFile& file) {
    std::vector<core::Tensor> inputs;
    for (const FileTensor& input : file.inputs()) {
      core::Tensor& one = inputs.emplace_back(core::Tensor::allocate(input.dtype, input.shape));
      if (input.dtype == kFloat32) {
        for (int64_t i = 0; i < one.elements(); ++i)
          one.mutable_as<float>()[i] = static_cast<float>(i * 37 % 64) / 32 - 1;
      } else {  // codes of every kind
        for (uint64_t i = 0; i < one.bytes(); ++i)
          one.mutable_as<uint8_t>()[i] = static_cast<uint8_t>(17 + i * 37);
      }
    }
    return inputs;
  }
  // Outputs and intermediates, by name.
  std::map<std::string, std::string> executed(const fs::path& file, const std::string& options) {
    ExecutedFile opened(*p_->services, p_->hub->executor("circle"), options, file);
    const RunResults results = opened.run(inputs_of(opened), true);
    std::map<std::string, std::string> bytes;
    for (const CircleSubgraph& graph : read_circle(file).subgraphs) {
      for (const CircleTensor& tensor : graph.tensors) {
        if (const FileTensor* one = results.find(tensor.name))
          bytes[one->name] = {reinterpret_cast<const char*>(one->data.data), one->data.bytes()};
      }
    }
    EXPECT_GT(results.intermediates(), 0u);
    return bytes;
  }

  test::TempFolder folder_;
  SessionOptions options_;
  std::unique_ptr<Prepared> p_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<EntryRunner> runner_;
  std::vector<std::unique_ptr<CapturedGraph>> captured_, lowered_;
  std::vector<NamedGraph> named_, for_circle_;
  std::vector<PlannedGraph> planned_;
};

std::map<uint32_t, uint64_t> buffers_of(const CircleSubgraph& graph) {
  std::map<uint32_t, uint64_t> bytes;
  for (const CircleTensor& tensor : graph.tensors) {
    if (tensor.constant) bytes[tensor.buffer] = tensor.data_bytes;
  }
  return bytes;
}

TEST_F(ExportSet, OfBothFormatsIsSmallerByWhatTheGraphsShare) {
  for (const std::string name : {"circle", "tflite"}) {
    const std::vector<fs::path> files = write_all(name);
    const CircleFile set = read_circle(files[2]);
    ASSERT_EQ(set.subgraphs.size(), 2u);
    uint64_t shared = 0;
    for (const auto& [buffer, bytes] : buffers_of(set.subgraphs[0])) {
      if (buffers_of(set.subgraphs[1]).contains(buffer)) shared += bytes;
    }
    uint64_t parameters = 0;
    for (const Parameter& one : p_->tree->parameters) {
      const QParams* coded = p_->tree->code_qparams(one);
      if (coded != nullptr) parameters += coded->dtype.bytes(static_cast<uint64_t>(one.source.elements()));
    }
    EXPECT_GE(shared, parameters) << "each weight, at least";
    EXPECT_GT(parameters, 1500u);
    EXPECT_LE(fs::file_size(files[2]) + shared, fs::file_size(files[0]) + fs::file_size(files[1]));
    EXPECT_THAT(set.subgraphs, ElementsAre(::testing::Field(&CircleSubgraph::name, "prefill"),
                                           ::testing::Field(&CircleSubgraph::name, "decode")));
    ASSERT_EQ(set.signatures.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      const CircleSignature& signature = set.signatures[i];
      const CircleSubgraph& graph = set.subgraphs[i];
      EXPECT_EQ(signature.key, kNames[i]);
      EXPECT_EQ(signature.subgraph, i);
      ASSERT_EQ(signature.inputs.size(), 2u);
      EXPECT_EQ(signature.inputs[0], std::pair(std::string("hidden_states"), uint32_t(graph.inputs[0])));
      EXPECT_EQ(signature.inputs[1], std::pair(std::string("attention_mask"), uint32_t(graph.inputs[1])));
      EXPECT_EQ(signature.outputs.at(0).second, uint32_t(graph.outputs.at(0)));
    }
    const Profile profile = test::shipped_profile(name == "circle" ? "luci" : "litert");
    EXPECT_EQ(check_file(files[2], name == "circle" ? nullptr : &profile).errors, 0u)
        << check_file(files[2], nullptr).to_table();
    EXPECT_EQ(check_file(files[2], nullptr).warnings,
              check_file(files[0], nullptr).warnings + check_file(files[1], nullptr).warnings);
  }
}

TEST_F(ExportSet, RunsEachGraphAsTheFileOfItsOwnDoes) {
  const std::vector<fs::path> files = write_all("circle");
  for (size_t i = 0; i < 2; ++i) {
    const auto alone = executed(files[i], "{}");
    EXPECT_GT(alone.size(), 20u);
    EXPECT_EQ(executed(files[2], json{{"signature", kNames[i]}}.dump()), alone);
    EXPECT_EQ(executed(files[2], json{{"subgraph", i}}.dump()), alone);
  }
  test::expect_error(ErrorKind::kPlugin,
                     "the file has 2 graphs; choose one with the option signature: prefill, decode",
                     [&] { (void)executed(files[2], "{}"); });
  test::expect_error(ErrorKind::kPlugin, "the file has no signature \"verify\"; it has: prefill, decode",
                     [&] { (void)executed(files[2], R"({"signature": "verify"})"); });
}

// What tests/parity runs in LiteRT, and the rules of the format are tested on.
TEST_F(ExportSet, GivesTheFilesThatOtherTestsRead) {
  std::vector<fs::path> files = write_all("tflite");
  files.push_back(write_all("circle")[2]);
  for (const fs::path& file : files) {
    const fs::path kept = source_file("tests/data/circle/layer_" + file.filename().string());
    if (std::getenv("VERNIER_WRITE_TEST_DATA") != nullptr)
      fs::copy_file(file, kept, fs::copy_options::overwrite_existing);
    EXPECT_TRUE(test::read_file(file) == test::read_file(kept))
        << kept << ": its bytes changed; VERNIER_WRITE_TEST_DATA=1 writes them anew";
  }
}

// Its bytes are held by the test above and by those of the backends; the name is not in them.
TEST_F(ExportSet, OfOneGraphHasNoNames) {
  for (const std::string name : {"circle", "tflite", "onnx"}) {
    const std::string bytes = test::read_file(write(name, "a", {{"any name", captured_[0].get()}}));
    EXPECT_EQ(test::read_file(write(name, "b", {{"another", captured_[0].get()}})), bytes) << name;
    EXPECT_EQ(bytes.find("another"), std::string::npos) << name;
    const std::vector<PlannedGraph> one = {planned_[0]};
    const SparseBytes trial = try_export_set(*p_->services, backend(name), "{}", one, 1 << 20);
    EXPECT_EQ(trial.bytes().size(), bytes.size()) << name;
  }
}

// What a profile says of types can be held to at plan: the stand-in has the subgraphs and signatures, and the
// file's size.
TEST_F(ExportSet, IsTriedAtPlanAsTheFileWillBe) {
  const std::vector<fs::path> files = write_all("circle");
  const SparseBytes trial = try_export_set(*p_->services, backend("circle"), "{}", planned_, 1 << 20);
  const CircleFile stand_in = read_circle(trial.bytes(), "stand-in"), file = read_circle(files[2]);
  EXPECT_EQ(stand_in.bytes, file.bytes);
  EXPECT_EQ(stand_in.signatures.size(), 2u);
  EXPECT_EQ(buffers_of(stand_in.subgraphs[1]), buffers_of(file.subgraphs[1]));
  const auto finding = [&](const char* profile_name) {
    const Profile profile = test::shipped_profile(profile_name);
    std::set<std::string> found;
    for (const Finding& one : check_bytes(trial.bytes(), &profile).findings) {
      if (one.where == "the file") found.insert(one.what);
    }
    return found;
  };
  EXPECT_EQ(finding("npu"), std::set<std::string>{"has 2 subgraphs; at most 1 are taken"});
  EXPECT_EQ(finding("onert"), std::set<std::string>{"has 2 signatures; at most 1 can be run"});
  EXPECT_EQ(finding("tico"), std::set<std::string>{});
  EXPECT_TRUE(try_export_set(*p_->services, backend("circle"), "{}", planned_, 100).empty());
}

TEST_F(ExportSet, GivesEqualConstantsEqualIds) {
  ConstantIds ids;
  std::vector<Graph> graphs = {captured_[0]->graph(), captured_[1]->graph()};
  for (size_t i = 0; i < 2; ++i) ids.assign(graphs[i], *captured_[i]);
  std::map<uint64_t, std::string> bytes;
  size_t both = 0, made = 0;
  for (size_t i = 0; i < 2; ++i) {
    for (ValueIndex k = 0; k < graphs[i].values.size(); ++k) {
      const GraphValue& value = graphs[i].values[k];
      if (value.kind != ValueKind::kConstant) {
        EXPECT_EQ(value.constant_id, 0u) << value.name;
        continue;
      }
      std::string data(value.constant_bytes, '\0');
      captured_[i]->read(k, 0, data.data(), data.size());
      const auto [known, is_new] = bytes.emplace(value.constant_id, data);
      EXPECT_EQ(known->second, data) << value.name;
      if (i == 1 && !is_new) ++both;
      if (captured_[i]->stored_parameter(k) == nullptr) ++made;
    }
  }
  EXPECT_EQ(bytes.begin()->first, 1u);
  EXPECT_GE(both, 12u) << "six weights and six biases";
  EXPECT_GE(made, 12u) << "biases are known by their bytes";
  Graph other = captured_[0]->graph();
  for (GraphValue& value : other.values) {
    if (value.qparams) value.qparams->scale[0] *= 2;
  }
  const Graph before = graphs[0];
  ids.assign(other, *captured_[0]);
  for (ValueIndex k = 0; k < other.values.size(); ++k) {
    const GraphValue& value = other.values[k];
    if (value.kind != ValueKind::kConstant || !value.qparams || captured_[0]->stored_parameter(k) == nullptr)
      continue;
    EXPECT_NE(value.constant_id, before.values[k].constant_id)
        << "other qparams of one parameter: other codes";
  }
}

TEST_F(ExportSet, IsRefusedWhereItCannotBe) {
  const auto require = [&](const std::string& name, std::vector<std::string> names) {
    require_set(*backend(name).info, names, "recipe.json:7:3");
  };
  EXPECT_NO_THROW(require("onnx", {"prefill"}));
  test::expect_error(ErrorKind::kPlugin,
                     "backend onnx writes one graph a file; 2 were asked for: prefill, decode",
                     [&] { require("onnx", kNames); });
  test::expect_error(ErrorKind::kUsage, "two graphs of one file are called decode\n  at recipe.json:7:3",
                     [&] {
                       require("circle", {"decode", "decode"});
                     });
  test::expect_error(ErrorKind::kUsage, "needs a name", [&] { require("circle", {"decode", ""}); });
  test::expect_error(ErrorKind::kUsage, "a file needs a graph", [&] { require("circle", {}); });
  test::expect_error(ErrorKind::kPlugin, "backend onnx writes one graph a file",
                     [&] { (void)write("onnx", "x.onnx", named_); });
  test::expect_error(ErrorKind::kPlugin, "backend onnx writes one graph a file",
                     [&] { (void)try_export_set(*p_->services, backend("onnx"), "{}", planned_, 0); });
  const auto fits = [&](const char* profile) {
    require_set_fits(test::shipped_profile(profile), kNames, "recipe.json:7:3");
  };
  EXPECT_NO_THROW(fits("litert"));
  test::expect_error(ErrorKind::kGate,
                     "profile npu takes files of 1 subgraph; 2 were asked for: prefill, decode",
                     [&] { fits("npu"); });
  test::expect_error(ErrorKind::kGate, "profile onert takes files of 1 signature", [&] { fits("onert"); });
  EXPECT_FALSE(fs::exists(folder_ / "x.onnx"));
}

// A manifest can be wrong on either side; a backend of an older ABI has a table that ends before the slot.
TEST_F(ExportSet, HoldsManifestAndLibraryAgainstEachOther) {
  LoadedBackend onnx = backend("onnx"), circle = backend("circle");
  EXPECT_EQ(onnx.table->size, VERNIER_SIZE_UP_TO(vernier_backend, write));
  EXPECT_EQ(onnx.table->write_set, nullptr);
  EXPECT_EQ(circle.table->size, VERNIER_SIZE_UP_TO(vernier_backend, write_set));
  ComponentInfo boasts = *onnx.info, modest = *circle.info;
  boasts.writes_sets = true;
  modest.writes_sets = false;
  onnx.info = &boasts;
  circle.info = &modest;
  for (const auto& [one, words] :
       {std::pair(onnx, "says that it writes sets, and its library has no write_set"),
        std::pair(circle, "backend circle writes one graph a file")}) {
    test::expect_error(ErrorKind::kPlugin, words, [&, &one = one] {
      (void)export_set(*p_->services, one, "{}", named_, folder_ / "x", {});
    });
    test::expect_error(ErrorKind::kPlugin, words,
                       [&, &one = one] { (void)try_export_set(*p_->services, one, "{}", planned_, 0); });
  }
}

TEST_F(ExportSet, ErrorsNameTheGraph) {
  LoadedBackend circle = backend("circle");
  ComponentInfo poor = *circle.info;
  std::erase(poor.ops, "softmax");
  circle.info = &poor;
  test::expect_error(ErrorKind::kPlugin,
                     "cannot write op softmax\n  at graph prefill, module encoder.layer.0.attention.self",
                     [&] { (void)export_set(*p_->services, circle, "{}", named_, folder_ / "x", {}); });
  // A node that only the backend can refuse, in the second graph.
  for (GraphNode& node : planned_[1].graph.nodes) {
    if (node.op == "softmax") node.version = 2;
  }
  test::expect_error(ErrorKind::kPlugin, "graph decode: encoder.layer.0.attention.self: softmax",
                     [&] { (void)try_export_set(*p_->services, backend("circle"), "{}", planned_, 0); });
}

}  // namespace
}  // namespace vernier::core::testing
