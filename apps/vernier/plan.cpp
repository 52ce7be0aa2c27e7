#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "output.h"
#include "recipe_options.h"
#include "vernier/core/plan_text.h"

namespace vernier::app {

namespace {

// What of the checkpoint and of the config makes no difference.
void print_unread(const nlohmann::json& plan) {
  std::vector<std::string> from_checkpoint;
  const auto& config = plan.at("config");
  for (const auto& key : config.at("unread")) {
    if (key.at("from") == "recipe")
      put("\nno wrapper reads {} ({})", key.at("key").get<std::string>(), key.at("where").get<std::string>());
    else
      from_checkpoint.push_back(key.at("where"));
  }
  for (const auto& one : config.at("contradicted"))
    put("\nthe checkpoint has {}, and \"{}\" is false in the config of {}",
        one.at("tensor").get<std::string>(), one.at("key").get<std::string>(),
        one.at("module") == "" ? "the root module" : one.at("module").get<std::string>());
  const auto unused = plan.at("unused_tensors").get<std::vector<std::string>>();
  if (!unused.empty()) put("\nno wrapper declares the tensors {}", fmt::join(unused, ", "));
  if (!from_checkpoint.empty())
    put("\nno wrapper reads of config.json: {}", fmt::join(from_checkpoint, ", "));
  put("\n");
}

std::string typed(const nlohmann::json& values) {
  std::string text;
  for (const auto& one : values)
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", one.at("name").get<std::string>(),
                        one.at("dtype").get<std::string>(), one.at("shape").dump());
  return text;
}

// What the file would compute, and what of it in float although the recipe quantizes.
void print_graph(const nlohmann::json& graph) {
  std::vector<std::string> ops;
  for (const auto& [name, count] : graph.at("ops").items())
    ops.push_back(count == 1 ? name : fmt::format("{} {}", count.get<uint64_t>(), name));
  put("\nin   {}\nout  {}\n", typed(graph.at("inputs")), typed(graph.at("outputs")));
  put("ops  {}; {:.4g} million operations\n", fmt::join(ops, ", "),
      graph.at("operations").get<double>() / 1e6);
  if (graph.at("sample_shapes") != 1)
    put("the samples have {} shapes; a file gets those of calibration sample 0\n",
        graph.at("sample_shapes").get<uint64_t>());
  for (const auto& name : graph.at("float_inputs")) put("float input {}\n", name.get<std::string>());
  for (const auto& one : graph.at("float_ops"))
    put("float op {} of {}\n", one.at("op").get<std::string>(),
        one.at("module") == "" ? "the root module" : one.at("module").get<std::string>());
  for (const auto& name : graph.at("float_outputs")) put("float output {}\n", name.get<std::string>());
}

// The samples that a processor made of lines.
void print_prompts(const nlohmann::json& prompts) {
  for (const auto& [kind, one] : prompts.items()) {
    const auto count = [&one = one](const char* key) { return one.at(key).get<uint64_t>(); };
    put("{}: {} samples of {} lines of {}", kind, count("samples"), count("lines"),
        one.at("path").get<std::string>());
    put(" by processor {}; {} to {} tokens", one.at("processor").get<std::string>(),
        one.at("tokens").at("least").get<uint64_t>(), one.at("tokens").at("greatest").get<uint64_t>());
    if (!one.at("answers").is_null())
      put(", {} with an answer", one.at("answers").at("samples").get<uint64_t>());
    if (count("pictures") > 0) put(", {} with pictures", count("with_pictures"));
    put("\n");
  }
}

void print_unused_sites(const nlohmann::json& plan) {
  for (const auto& site : plan.at("sites")) {
    if (!site.at("reached").get<bool>())
      put("no unit reaches {}: an entry that no unit runs may use it\n", site.at("site").get<std::string>());
  }
}

// What a run will take, and what of it is not the process itself.
void print_memory(const nlohmann::json& memory) {
  const auto mebibytes = [](const nlohmann::json& bytes) { return bytes.get<uint64_t>() >> 20; };
  std::string phases;
  for (const auto& [phase, bytes] : memory.at("phases").items())
    phases += fmt::format("{}{} {}", phases.empty() ? "" : ", ", phase, mebibytes(bytes));
  put("memory  about {} MiB: {} before anything runs, then {}; the smallest runtime.max_memory is {}MiB\n",
      mebibytes(memory.at("predicted_bytes")), mebibytes(memory.at("base_bytes")), phases,
      mebibytes(memory.at("smallest_bytes")) + 1);
}

// In proportion to what earlier runs took.
void print_time(const nlohmann::json& seconds) {
  if (seconds.is_null()) return put("time    unknown: only a journal keeps what earlier runs took\n");
  std::string phases;
  for (const auto& [phase, one] : seconds.items()) {
    if (phase != "total")
      phases += fmt::format("{}{} {}", phases.empty() ? "" : ", ", phase,
                            one.is_null() ? "unknown" : fmt::format("{:.3g}", one.get<double>()));
  }
  put("time    {} s: {}, as earlier runs in the journal took, in proportion to operations and weights\n",
      seconds.at("total").is_null() ? "unknown"
                                    : fmt::format("about {:.3g}", seconds.at("total").get<double>()),
      phases);
}

// Which consumers of the format load a file above 2 GiB.
void print_large(const nlohmann::json& large) {
  put("  {} bytes of constants: above 2 GiB they stand behind the FlatBuffer\n",
      large.at("bytes").get<uint64_t>());
  const auto names = [&](const char* key) {
    return fmt::format("{}", fmt::join(large.at(key).get<std::vector<std::string>>(), ", "));
  };
  for (const auto& [key, words] : {std::pair{"loaded_by", "consumers that load such a file"},
                                   {"not_loaded_by", "consumers that do not"},
                                   {"unknown", "consumers of which nobody knows"}}) {
    if (!large.at(key).empty()) put("  {}: {}\n", words, names(key));
  }
}

void print_sites(const nlohmann::json& sites) {
  put("{:<64} {:<9} {:<8} {:<11} {:<9} {}\n", "site", "observer", "dtype", "scheme", "channel", "chosen by");
  for (const auto& site : sites) {
    put("{:<64} {:<9} {:<8} {:<11} {:<9} {}\n", site.at("site").get<std::string>(),
        site.at("observer").get<std::string>(), site.at("dtype").get<std::string>(),
        site.at("scheme").get<std::string>(),
        site.at("axis").is_null() ? "-" : fmt::format("axis {}", site.at("axis").get<int64_t>()),
        site.at("chosen_by").get<std::string>() +
            (site.contains("declared_range") ? ", declared range " + site.at("declared_range").dump() : ""));
  }
}

void print_plan(const nlohmann::json& plan) {
  std::vector<std::string> entries;
  for (const auto& unit : plan.at("units")) entries.push_back(unit.at("entry"));
  put("{} {} entry {}\n\n", plan.at("type").get<std::string>(), plan.at("module").get<std::string>(),
      fmt::join(entries, ", "));
  print_sites(plan.at("sites"));
  for (const auto& rule : plan.at("rules"))
    put("rule {} ({}) matches {} sites and decides {}\n", rule.at("rule").get<uint64_t>(),
        rule.at("match").get<std::string>(), rule.at("sites").get<uint64_t>(),
        rule.at("decides").get<uint64_t>());
  print_unused_sites(plan);
  if (const auto& given = plan.at("qparams_from"); !given.is_null())
    put("qparams come from {} ({} sites): nothing is calibrated\n", given.at("file").get<std::string>(),
        given.at("sites").get<uint64_t>());
  uint64_t before = 0, after = 0;
  put("\n{:<64} {:<16} {:<10} {:>12} {:>12}\n", "parameter", "shape", "from", "bytes before", "bytes after");
  for (const auto& parameter : plan.at("parameters")) {
    before += parameter.at("bytes_before").get<uint64_t>();
    after += parameter.at("bytes_after").get<uint64_t>();
    put("{:<64} {:<16} {:<10} {:>12} {:>12}\n", parameter.at("parameter").get<std::string>(),
        parameter.at("shape").dump(),
        parameter.at("checkpoint_dtype").is_null()
            ? std::string(parameter.value("made_of", nlohmann::json()).contains("ops") ? "made" : "constant")
            : parameter.at("checkpoint_dtype").get<std::string>(),
        parameter.at("bytes_before").get<uint64_t>(), parameter.at("bytes_after").get<uint64_t>());
  }
  put("{:<92} {:>12} {:>12}\n", "total", before, after);
  for (const auto& unit : plan.at("units")) {
    if (plan.at("units").size() > 1)
      put("\nunit {}: entry {} of {}", unit.at("name").get<std::string>(),
          unit.at("entry").get<std::string>(),
          unit.at("module") == "" ? "the root module" : unit.at("module").get<std::string>());
    print_graph(unit.at("graph"));
    if (unit.contains("prompts")) print_prompts(unit.at("prompts"));
  }
  if (const auto& prompts = plan.at("prompts"); !prompts.is_null()) {
    put("\n");
    print_prompts(prompts);
  }
  print_unread(plan);
  for (const auto& file : plan.at("exports")) {
    const bool is_named = plan.at("units").size() > 1;
    put("\nwould write {}{} with backend {} for consumer profile {}\n", file.at("file").get<std::string>(),
        is_named
            ? fmt::format(" of unit {}", fmt::join(file.at("units").get<std::vector<std::string>>(), ", "))
            : "",
        file.at("backend").get<std::string>(), file.at("profile").get<std::string>());
    if (file.contains("open"))
      put("  open extent \"{}\", traced at {}\n", file.at("open").at("name").get<std::string>(),
          fmt::join(file.at("open").at("extents").get<std::vector<int64_t>>(), " and "));
    if (!file.at("large").is_null()) print_large(file.at("large"));
  }
  for (const auto& warning : plan.at("warnings"))
    put("warning: {} ({})\n", warning.at("text").get<std::string>(), warning.at("where").get<std::string>());
  print_memory(plan.at("memory"));
  print_time(plan.at("predicted_seconds"));
}

}  // namespace

void add_plan(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("plan", "check a recipe and show what would happen to each tensor");
  auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  options->add_journal_to(*command);
  auto is_short = std::make_shared<bool>(false);
  auto site = std::make_shared<std::string>();
  command->add_flag("--summary", *is_short, "a few lines: types and dtypes, bytes, rules, memory")
      ->excludes(command->add_option("--site", *site, "only the sites that GLOB matches, as a rule would")
                     ->type_name("GLOB"));
  command->callback([options, is_short, site] {
    nlohmann::json plan = core::plan(options->session());
    if (!site->empty()) plan = core::plan_sites(plan, *site);
    if (options->json) {
      put("{}\n", core::json_text(plan, 2));
    } else if (!site->empty()) {
      print_sites(plan);
    } else if (*is_short) {
      put("{}", core::plan_summary(plan));
    } else {
      print_plan(plan);
    }
  });
}

}  // namespace vernier::app
