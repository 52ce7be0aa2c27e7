// What the program reads of a model's config.json, old spellings and new ones, and refuses of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "text.h"
#include "vision.h"

namespace gemma4_program {

struct Model {
  std::string architecture;
  Text text;
  std::optional<Vision> vision;
  std::optional<Grid> grid;
  int64_t image_token = -1, image_start = 1;
  std::vector<int64_t> other_placeholders;  // tokens of audio and videos
  std::vector<int64_t> stop;
  std::string layout;
  std::optional<double> mask_depth;
  bool sees_pictures_whole = false;

  [[nodiscard]] bool negates() const { return layout == "npu"; }  // the sines' first half
  [[nodiscard]] bool is_multimodal() const { return architecture == "Gemma4ForConditionalGeneration"; }
};

// One number, or several.
inline std::vector<int64_t> tokens_at(const vernier::Options& config, const std::string& pointer) {
  if (!config.has(pointer)) return {};
  if (config.at(pointer).json().front() != '[') return {config.integer(pointer)};
  std::vector<int64_t> result;
  for (uint64_t i = 0; i < config.count(pointer); ++i)
    result.push_back(config.integer(pointer + "/" + std::to_string(i)));
  return result;
}

// What either file says: an instruction-tuned model ends its turns with tokens that only
// generation_config.json may name.
inline std::vector<int64_t> stop_tokens(const vernier::Options& config, const std::string& where,
                                        const vernier::Options& text) {
  std::vector<int64_t> stop = tokens_at(config, "/eos_token_id");
  if (stop.empty()) stop = within(where, [&] { return tokens_at(text, "/eos_token_id"); });
  for (const int64_t token : tokens_at(config, "/generation_config/eos_token_id")) {
    if (std::find(stop.begin(), stop.end(), token) == stop.end()) stop.push_back(token);
  }
  return stop;
}

inline void read_multimodal(const vernier::Options& config, Model& model) {
  if (config.has("/vision_config")) {
    model.vision = within("/vision_config", [&] { return read_vision(config.at("/vision_config")); });
    model.vision->soft_tokens = positive(config, "/vision_soft_tokens_per_image", model.vision->soft_tokens);
    model.grid = read_grid(config, *model.vision);
    model.image_token = config.integer("/image_token_id");
    model.image_start = config.integer("/image_start", 1);
  } else if (config.has("/audio_config")) {
    throw unserved("/audio_config", "a model of sounds and text; served are text and pictures");
  }
  for (const char* key : {"/audio_token_id", "/video_token_id"}) {
    const int64_t token = config.integer(key, -1);
    if (token >= 0 && token < model.text.vocabulary) model.other_placeholders.push_back(token);
  }
}

inline Model read_model(const vernier::Options& config) {
  Model model;
  model.architecture = config.text("/architectures/0");
  if (!model.is_multimodal() && model.architecture != "Gemma4ForCausalLM")
    throw unserved("/architectures/0", "\"" + model.architecture +
                                           "\"; served are Gemma4ForConditionalGeneration and "
                                           "Gemma4ForCausalLM");
  const std::string where = config.has("/text_config") ? "/text_config" : "";
  const vernier::Options text = where.empty() ? config : config.at(where);
  const std::string path =
      model.is_multimodal() ? "model.language_model" : config.text("/text_model", "model");
  model.text = within(where, [&] { return read_text(text, path); });
  model.sees_pictures_whole = text.text("/use_bidirectional_attention", "") == "vision";
  model.layout = config.text("/layout", "reference");
  if (model.layout != "reference" && model.layout != "npu")
    throw unserved("/layout", "\"" + model.layout + "\"; served are reference and npu");
  if (config.has("/mask_depth")) model.mask_depth = config.number("/mask_depth");
  if (model.mask_depth && !(*model.mask_depth > 0))
    throw vernier::invalid_argument("/mask_depth: what a hidden score is lowered by, > 0");
  model.stop = stop_tokens(config, where, text);
  if (model.is_multimodal()) read_multimodal(config, model);
  return model;
}

}  // namespace gemma4_program
