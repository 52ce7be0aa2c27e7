// Programs of the fixture ToyDecoder, and a smaller one that a test's own units run.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "program/read_program.h"

namespace vernier::core::testing {

using nlohmann::json;

inline json float_buffer(const json& shape, const char* role = "scratch") {
  return {{"dtype", "float32"}, {"shape", shape}, {"role", role}};
}
inline json host(const char* step, const json& inputs, const json& outputs,
                 const json& arguments = json::object()) {
  return {{"host", step}, {"inputs", inputs}, {"outputs", outputs}, {"arguments", arguments}};
}

// Rows of `document`'s token table are looked up by the host, table "words", in the place of its units.
inline void look_up_words(json& document) {
  document["tables"]["words"] = {{"parameter", "embed.weight"}, {"shape", {24, 8}}};
  for (const auto& [phase, tokens, hidden] :
       {std::tuple(0, "tokens", "hidden_0"), std::tuple(1, "token", "hidden_0_decode")})
    document["phases"][phase]["steps"][0] =
        host("table_lookup", {{"rows", tokens}}, {{"values", hidden}}, {{"table", "words"}});
  document["units"].erase(0);
  document["units"].erase(0);
}

// Prompts of 1 to 7 tokens, a context of 8. `ring`: slots of layer 0's cache, whose window is 3; 0: all 7,
// and no ring.
inline json toy_document(int64_t ring = 0) {
  const int64_t near = ring == 0 ? 7 : ring;
  json d = {{"version", 1}, {"name", "toy"}, {"profile", {{"sequence", 8}}}};
  json& b = d["buffers"];
  b["tokens"] = {{"dtype", "int32"},
                 {"shape", {1, 8}},
                 {"role", "request"},
                 {"of", "input_ids"},
                 {"fill", 0},
                 {"minimum", 0},
                 {"maximum", 23},
                 {"lengths", {{{"axis", 1}, {"counter", "prompt"}, {"minimum", 1}, {"maximum", 7}}}}};
  b["token"] = {{"dtype", "int32"}, {"shape", {1, 1}}, {"role", "result"}};
  b["logits"] = float_buffer({1, 1, 24}, "result");
  for (const char* name : {"last", "last_for_head", "hidden_0_decode", "hidden_1_decode", "hidden_2_decode",
                           "cos_decode", "sin_decode", "new_k_0", "new_v_0", "new_k_1", "new_v_1"})
    b[name] = float_buffer({1, 1, 8});
  for (const char* name :
       {"hidden_0", "hidden_1", "hidden_2", "cos", "sin", "keys_0", "values_0", "keys_1", "values_1"})
    b[name] = float_buffer({1, 8, 8});
  b["near_mask"] = b["far_mask"] = float_buffer({1, 8, 8});
  b["near_mask_decode"] = float_buffer({1, 1, near + 1});
  b["far_mask_decode"] = float_buffer({1, 1, 8});
  for (const char* name : {"cache_k_0", "cache_v_0", "cache_k_1", "cache_v_1"}) {
    b[name] = float_buffer({1, name[8] == '0' ? near : 7, 8}, "state");
    b[name]["fill"] = 0;
  }
  d["generation"] = {{"token", "token"}, {"logits", "logits"}, {"context", 8}, {"stop", json::array()}};
  const auto unit = [&](const std::string& name, const char* module, const char* entry, const json& inputs,
                        const json& outputs) {
    d["units"].push_back(
        {{"name", name}, {"module", module}, {"entry", entry}, {"inputs", inputs}, {"outputs", outputs}});
  };
  const auto layer = [](const std::string& name, const json& inputs, const json& outputs) {
    return json{{"unit", name}, {"inputs", inputs}, {"outputs", outputs}};
  };
  json prefill = json::array(), decode = json::array();
  const auto lookup = [&](json& steps, const char* name, const char* tokens, const char* hidden) {
    unit(name, "embed", "forward", {"input"}, {"embeddings"});
    steps.push_back({{"unit", name}, {"inputs", {{"input", tokens}}}, {"outputs", {{"embeddings", hidden}}}});
  };
  lookup(prefill, "embed_prefill", "tokens", "hidden_0");
  lookup(decode, "embed_decode", "token", "hidden_0_decode");
  const json rotary = {{"theta", 100}, {"negated", true}};
  prefill.push_back(host("rotary_table", json::object(), {{"cos", "cos"}, {"sin", "sin"}}, rotary));
  decode.push_back(host("rotary_table", json::object(), {{"cos", "cos_decode"}, {"sin", "sin_decode"}},
                        {{"theta", 100}, {"negated", true}, {"first", "past"}}));
  prefill.push_back(
      host("causal_mask", json::object(), {{"mask", "near_mask"}}, {{"depth", 50}, {"window", 3}}));
  prefill.push_back(host("causal_mask", json::object(), {{"mask", "far_mask"}}, {{"depth", 50}}));
  decode.push_back(host("cache_mask", json::object(), {{"mask", "near_mask_decode"}},
                        {{"depth", 50}, {"window", 3}, {"past", "past"}, {"ring", ring}}));
  decode.push_back(
      host("cache_mask", json::object(), {{"mask", "far_mask_decode"}}, {{"depth", 50}, {"past", "past"}}));
  for (const std::string i : {"0", "1"}) {
    const std::string next = i == "0" ? "1" : "2", mask = i == "0" ? "near_mask" : "far_mask";
    const std::string module = "layers." + i, slots = i == "0" ? std::to_string(ring) : "0";
    const json in = {"hidden", "mask", "cos", "sin"}, out = {"hidden_out", "new_k", "new_v"};
    unit("layer_prefill_" + i, module.c_str(), "prefill", in, out);
    unit("layer_decode_" + i, module.c_str(), "decode", {"hidden", "mask", "cos", "sin", "past_k", "past_v"},
         out);
    prefill.push_back(layer(
        "layer_prefill_" + i, {{"hidden", "hidden_" + i}, {"mask", mask}, {"cos", "cos"}, {"sin", "sin"}},
        {{"hidden_out", "hidden_" + next}, {"new_k", "keys_" + i}, {"new_v", "values_" + i}}));
    decode.push_back(layer(
        "layer_decode_" + i,
        {{"hidden", "hidden_" + i + "_decode"},
         {"mask", mask + "_decode"},
         {"cos", "cos_decode"},
         {"sin", "sin_decode"},
         {"past_k", "cache_k_" + i},
         {"past_v", "cache_v_" + i}},
        {{"hidden_out", "hidden_" + next + "_decode"}, {"new_k", "new_k_" + i}, {"new_v", "new_v_" + i}}));
    for (const auto& [rows, fresh, cache] : {std::tuple("keys_" + i, "new_k_" + i, "cache_k_" + i),
                                             std::tuple("values_" + i, "new_v_" + i, "cache_v_" + i)}) {
      prefill.push_back(host("write_rows", {{"rows", rows}}, {{"into", cache}},
                             {{"axis", 1}, {"count", "prompt"}, {"offset", 0}, {"ring", std::stoi(slots)}}));
      decode.push_back(host(
          "write_rows", {{"rows", fresh}}, {{"into", cache}},
          {{"axis", 1}, {"count", 1}, {"offset", "past"}, {"ring", std::stoi(slots)}, {"beyond", "drop"}}));
    }
  }
  unit("head", "head", "forward", {"input"}, {"logits"});
  prefill.push_back(
      host("row", {{"x", "hidden_2"}}, {{"row", "last"}}, {{"axis", 1}, {"index", "prompt-1"}}));
  const auto end = [&](json& steps, const char* hidden) {
    steps.push_back(host("requantize", {{"x", hidden}}, {{"y", "last_for_head"}}));
    steps.push_back(
        {{"unit", "head"}, {"inputs", {{"input", "last_for_head"}}}, {"outputs", {{"logits", "logits"}}}});
    steps.push_back(host("argmax", {{"logits", "logits"}}, {{"token", "token"}}));
  };
  end(prefill, "last");
  end(decode, "hidden_2_decode");
  d["phases"] = {{{"name", "prefill"}, {"runs", "once"}, {"steps", prefill}},
                 {{"name", "decode"}, {"runs", "each_token"}, {"steps", decode}}};
  return d;
}

// Units that a test runs itself: `look` sums each picture's pixels and adds 1, `count` gives the prompt's
// sum, the soft rows' and the token's as scores of ten tokens.
inline json picture_document() {
  json d = {{"version", 1}, {"name", "pictures"}};
  json& b = d["buffers"];
  b["tokens"] = {{"dtype", "int32"},
                 {"shape", {1, 4}},
                 {"role", "request"},
                 {"of", "input_ids"},
                 {"fill", 0},
                 {"minimum", 0},
                 {"maximum", 9},
                 {"lengths", {{{"axis", 1}, {"counter", "prompt"}, {"minimum", 1}, {"maximum", 3}}}}};
  b["pixels"] = {{"dtype", "float32"},
                 {"shape", {2, 3}},
                 {"role", "request"},
                 {"fill", 0.5},
                 {"lengths",
                  {{{"axis", 0}, {"counter", "pictures"}, {"minimum", 0}, {"maximum", 2}},
                   {{"axis", 1}, {"minimum", 1}, {"maximum", 3}}}}};
  b["picture"] = float_buffer({1, 3});
  b["soft"] = float_buffer({1, 1});
  b["visual"] = float_buffer({2, 1}, "state");
  b["visual"]["fill"] = -1;
  b["scores"] = float_buffer({1, 1, 10}, "result");
  b["token"] = {{"dtype", "int32"}, {"shape", {1, 1}}, {"role", "state"}};
  d["generation"] = {{"token", "token"}, {"logits", "scores"}, {"context", 5}, {"stop", {9}}};
  d["units"] = {
      {{"name", "look"}, {"module", ""}, {"entry", "look"}, {"inputs", {"pixels"}}, {"outputs", {"sum"}}},
      {{"name", "count"},
       {"module", ""},
       {"entry", "count"},
       {"inputs", {"tokens", "visual"}},
       {"outputs", {"scores"}}},
      {{"name", "next"}, {"module", ""}, {"entry", "next"}, {"inputs", {"token"}}, {"outputs", {"scores"}}}};
  const json argmax = host("argmax", {{"logits", "scores"}}, {{"token", "token"}});
  d["phases"] = {{{"name", "see"},
                  {"runs", "each_picture"},
                  {"steps",
                   {host("row", {{"x", "pixels"}}, {{"row", "picture"}}, {{"axis", 0}, {"index", "picture"}}),
                    {{"unit", "look"}, {"inputs", {{"pixels", "picture"}}}, {"outputs", {{"sum", "soft"}}}},
                    host("write_rows", {{"rows", "soft"}}, {{"into", "visual"}},
                         {{"axis", 0}, {"count", 1}, {"offset", "picture"}})}}},
                 {{"name", "read"},
                  {"runs", "once"},
                  {"steps",
                   {{{"unit", "count"},
                     {"inputs", {{"tokens", "tokens"}, {"visual", "visual"}}},
                     {"outputs", {{"scores", "scores"}}}},
                    argmax}}},
                 {{"name", "speak"},
                  {"runs", "each_token"},
                  {"steps",
                   {{{"unit", "next"}, {"inputs", {{"token", "token"}}}, {"outputs", {{"scores", "scores"}}}},
                    argmax}}}};
  return d;
}

inline Program program_of(const json& document) { return read_program(document.dump(), "p.json"); }

}  // namespace vernier::core::testing
