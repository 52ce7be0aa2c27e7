// Gemma4's embedder with a ReLU behind it, as a model of our own house has it.
#include <vernier/wrapper.h>

class AcmeEmbedder : public vernier::Wrapper {
 public:
  explicit AcmeEmbedder(vernier::Module& m)
      : norm_(m.child("embedding_pre_projection_norm", "Gemma4RMSNorm",
                      {{"dim", m.config().integer("/in")}, {"with_scale", false}})),
        projection_(m.child("embedding_projection", "Linear",
                            {{"in_features", m.config().integer("/in")}, {"bias", false}})),
        relu_(m.child("activation", "ReLU", {})) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return relu_(c, projection_(c, norm_(c, x)));
  }

 private:
  vernier::Child norm_, projection_, relu_;
};

VERNIER_PLUGIN(vernier::wrapper<AcmeEmbedder>("AcmeEmbedder"));
