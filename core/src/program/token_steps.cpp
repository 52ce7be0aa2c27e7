// The steps of steps/tokens.h.
#include <fmt/format.h>

#include "program/host_step.h"
#include "program/steps/tokens.h"

namespace vernier::core {

namespace {

void want_tokens(const StepCheck& c) {
  c.want_dtype("tokens", kInt32);
  c.want_rank("tokens", 2, 2);
  c.want_leading_ones("tokens", 1);
}

void check_fusion_source(const StepCheck& c) {
  want_tokens(c);
  c.want_dtype("soft_tokens", kInt32);
  c.want_rank("soft_tokens", 1, 1);
  c.want_dtype("source", kInt32);
  const Shape& tokens = c.input("tokens").shape;
  if (c.output("source").shape != tokens) c.want_shape("source", {tokens[1]});
  const int64_t pictures = c.input("soft_tokens").shape[0], rows = c.whole("rows_per_picture");
  c.require(c.pictures().has_value(), "no request buffer counts pictures");
  c.require(
      c.pictures()->high <= pictures,
      fmt::format("a request may have {} pictures, soft_tokens counts {}", c.pictures()->high, pictures));
  c.require(pictures <= (INT32_MAX - tokens[1]) / rows,
            fmt::format("{} pictures of {} rows are more than int32 counts", pictures, rows));
}

void run_fusion_source(StepRun& r) {
  r.give_content(
      "source", steps::fusion_source(r.content("tokens"), r.content("soft_tokens"), r.pictures(),
                                     r.count("image_token"), r.count("rows_per_picture"), r.shape("source")));
}

void check_require_image_tokens(const StepCheck& c) {
  want_tokens(c);
  const int64_t end = c.whole("first") + c.whole("count"), tokens = c.input("tokens").shape[1];
  c.require(end <= tokens, fmt::format("token {} of {} is to be an image token", end - 1, tokens));
}

void run_require_image_tokens(StepRun& r) {
  steps::require_image_tokens(r.content("tokens"), r.count("image_token"), r.count("first"),
                              r.count("count"));
}

void check_softcap(const StepCheck& c) {
  c.want_dtype("logits", kFloat32);
  c.want_dtype("capped", kFloat32);
  c.want_shape("capped", c.input("logits").shape);
}

void run_softcap(StepRun& r) { r.give_values("capped", steps::softcap(r.values("logits"), r.number("cap"))); }

void check_argmax(const StepCheck& c) {
  c.want_dtype("logits", kFloat32);
  c.want_rank("logits", 1, 8);
  c.want_dtype("token", kInt32);
  const int64_t rows = element_count(c.input("logits").shape) / c.input("logits").shape.back();
  c.require(element_count(c.output("token").shape) == rows,
            fmt::format("logits is {}, of {} rows; token is {}", to_string(c.input("logits")), rows,
                        to_string(c.output("token"))));
}

void run_argmax(StepRun& r) { r.give_content("token", steps::argmax(r.values("logits"), r.shape("token"))); }

constexpr HostStep kTokenSteps[] = {
    {"fusion_source", false, &check_fusion_source, &run_fusion_source},
    {"softcap", false, &check_softcap, &run_softcap},
    {"argmax", false, &check_argmax, &run_argmax},
    {"require_image_tokens", false, &check_require_image_tokens, &run_require_image_tokens},
};

}  // namespace

std::span<const HostStep> token_steps() { return kTokenSteps; }

}  // namespace vernier::core
