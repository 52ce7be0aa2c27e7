// A model whose files are two: its body and its head, one after the other.
#include <vernier/draft/program.h>

class TwoFiles : public vernier::Program {
 public:
  TwoFiles(const vernier::Options& config, const vernier::Options& profile)
      : hidden_(config.integer("/hidden_size")),
        classes_(config.integer("/num_labels")),
        tokens_(profile.integer("/sequence")) {}

  vernier::ProgramDocument document() const override {
    vernier::ProgramDocument d("two_files", "a body and a head");
    d.bind("sequence", tokens_);
    d.buffer("tokens", "int32", {1, tokens_}, "request", {{"of", "input_ids"}});
    d.buffer("hidden", "float32", {1, tokens_, hidden_}, "scratch");
    d.buffer("first", "float32", {1, 1, hidden_}, "scratch");
    d.buffer("scores", "float32", {1, 1, classes_}, "result");
    d.unit({"body", "model", "forward", {"input_ids"}, {"hidden"}});
    d.unit({"head", "classifier", "forward", {"input"}, {"scores"}});
    d.phase("all", "once");
    d.run("body", {"tokens"}, {"hidden"});
    d.host("row", {{"x", "hidden"}}, {{"row", "first"}}, {{"axis", 1}, {"index", 0}});
    d.run("head", {"first"}, {"scores"});
    return d;
  }

 private:
  int64_t hidden_, classes_, tokens_;
};

VERNIER_PLUGIN(vernier::program<TwoFiles>("two_files"));
