// The program of Gemma4: which files a model of this family is, and how a host runs them.
#include <vernier/draft/program.h>

#include "picture_phase.h"
#include "text_phases.h"

namespace {

using namespace gemma4_program;

class Gemma4 : public vernier::Program {
 public:
  Gemma4(const vernier::Options& config, const vernier::Options& profile)
      : model_(read_model(config)), profile_(read_profile(profile, model_)) {}

  vernier::ProgramDocument document() const override {
    vernier::ProgramDocument document(
        "gemma4", model_.architecture + (profile_.is_stack ? ", all layers one unit" : ", units are layers"));
    bind(document);
    if (profile_.pictures > 0) PicturePhase(document, model_, profile_).write();
    TextPhases(document, model_, profile_).write();
    return document;
  }

 private:
  void bind(vernier::ProgramDocument& document) const {
    document.bind("sequence", profile_.sequence);
    document.bind("pictures", profile_.pictures);
    if (profile_.pictures > 0) {
      document.bind("image_slots", profile_.image_slots);
      document.bind("vision", profile_.splits_vision ? "split" : "whole");
    }
    document.bind("granularity", profile_.is_stack ? "stack" : "layer");
    if (model_.text.per_layer > 0)
      document.bind("per_layer_table", profile_.looks_up_on_host ? "host" : "unit");
    document.bind("ring", profile_.has_ring);
    document.bind("compat", profile_.is_tico ? "tico" : "none");
  }

  Model model_;
  Profile profile_;
};

}  // namespace

VERNIER_PLUGIN(vernier::program<Gemma4>("gemma4"));
