#include "session/made_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "abi/arguments.h"
#include "abi/plugin_object.h"
#include "file/mapped_file.h"
#include "program/read_program.h"
#include "recipe/json_schema.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "text/strict_json.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr size_t kMaximumDocument = size_t{16} << 20;

std::string title(const ProgramRequest& request) {
  return fmt::format("program {} (plugin {})", request.component.component->name,
                     request.component.plugin->manifest.id);
}

void check_profile(const ProgramRequest& request) {
  std::vector<Diagnostic> findings;
  for (SchemaFinding& one : check_schema(request.component.component->options, request.profile))
    findings.push_back({fmt::format("the profile of {}: {}", title(request), one.what),
                        request.profile_place(one.pointer), std::move(one.hint)});
  if (!findings.empty()) throw Error(ErrorKind::kUsage, std::move(findings));
}

// One instance of a program.
class ProgramInstance {
 public:
  ProgramInstance(HostServices& services, const LoadedProgram& program, const std::string& config,
                  const std::string& profile)
      : services_(services), program_(program), where_("program " + program.info->name) {
    void* instance = nullptr;
    services_.call(program_.plugin, where_, [&] {
      return program_.table->create(program_.host, to_abi(config), to_abi(profile), &instance);
    });
    instance_ = plugin_object(services_, instance, program_.table->destroy, program_.plugin, where_);
  }

  [[nodiscard]] std::string document() const {
    std::string copy;
    services_.call(program_.plugin, where_, [&] {
      vernier_string text{};
      const vernier_status status = program_.table->document(instance_.get(), &text);
      if (status != VERNIER_OK) return status;
      return answer([&] { copy = checked(text); });
    });
    return copy;
  }

 private:
  static std::string checked(vernier_string text) {
    if (text.length > kMaximumDocument)
      throw plugin_error(fmt::format("the document has {} bytes, at most {}", text.length, kMaximumDocument));
    return std::string(given(text, "the document"));
  }

  HostServices& services_;
  const LoadedProgram& program_;
  const std::string where_;
  std::shared_ptr<void> instance_;
};

// What the plugin said, as an error of the one who can change it.
Error refusal(const Error& error, const ProgramRequest& request) {
  std::vector<Diagnostic> diagnostics = error.diagnostics();
  ErrorKind kind = error.kind();
  std::string place;
  if (error.status() == VERNIER_OUT_OF_RANGE) {
    kind = ErrorKind::kUsage;
    place = request.profile_place("");
  } else if (error.status() == VERNIER_NOT_FOUND || error.status() == VERNIER_INVALID_ARGUMENT) {
    kind = ErrorKind::kData;
    place = request.config_name;
  } else if (error.status() == VERNIER_UNIMPLEMENTED) {
    place = request.config_name;
  }
  if (!place.empty()) diagnostics.front().where = fmt::format("{}, {}", place, title(request));
  return Error(kind, std::move(diagnostics)).with(error.status());
}

// Asked for twice, because equal arguments give equal documents.
std::string document_of(HostServices& services, const LoadedProgram& program, const ProgramRequest& request) {
  const std::string config = request.config->dump(), profile = request.profile->dump();
  std::string texts[2];
  for (std::string& text : texts) {
    const auto instance = [&] {
      try {
        return ProgramInstance(services, program, config, profile);
      } catch (const Error& error) {
        if (error.is_stop()) throw;
        throw refusal(error, request);
      }
    }();
    text = instance.document();
  }
  if (texts[0] != texts[1])
    throw plugin_error("the program gave another document when it was asked again", title(request),
                       "a document depends on config and profile alone");
  return std::move(texts[0]);
}

}  // namespace

ComponentRef choose_program(const Catalog& catalog, const std::string& wanted,
                            const std::string& architecture, const std::string& where) {
  const std::vector<std::string> known = catalog.names("program");
  if (!wanted.empty()) {
    const ComponentRef found = catalog.find("program", wanted);
    if (found) return found;
    const std::string close = did_you_mean(wanted, known);
    throw usage_error(fmt::format("no plugin provides program {}", in_quotes(wanted)), where,
                      !close.empty()  ? close
                      : known.empty() ? "there are no programs; `vernier plugins` lists what there is"
                                      : fmt::format("known programs: {}", fmt::join(known, ", ")));
  }
  const std::vector<std::string> fitting = catalog.programs_of(architecture);
  if (fitting.size() == 1) return catalog.find("program", fitting.front());
  if (fitting.empty())
    throw plugin_error(fmt::format("no program is for the architecture {}", in_quotes(architecture)), where,
                       known.empty()
                           ? "there are no programs; `vernier plugins` lists what there is"
                           : fmt::format("known programs: {}; name one of them", fmt::join(known, ", ")))
        .with(VERNIER_NOT_FOUND);
  throw plugin_error(fmt::format("several programs are for the architecture {}: {}", in_quotes(architecture),
                                 fmt::join(fitting, ", ")),
                     where, "name one of them");
}

json with_generation_config(json config, const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "generation_config.json";
  std::error_code ignored;
  if (config.contains("generation_config") || !std::filesystem::is_regular_file(file, ignored)) return config;
  const auto mapped = MappedFile::open(file);
  const auto bytes = mapped->bytes();
  json generation = parse_strict_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                      file.string(), {size_t{1} << 20, 64, 500'000});
  if (!generation.is_object())
    throw data_error(fmt::format("generation_config.json holds a {}, not an object", generation.type_name()),
                     file.string() + ":1:1");
  config["generation_config"] = std::move(generation);
  return config;
}

MadeProgram make_program(HostServices& services, PluginHub& hub, const ProgramRequest& request) {
  check_profile(request);
  const LoadedProgram loaded = hub.program(request.component.component->name);
  const std::string text = document_of(services, loaded, request);
  try {
    Program program = read_program(text, "the document of " + title(request));
    return {loaded.info->name, loaded.plugin, json::parse(text), std::move(program)};
  } catch (const Error& error) {
    // What is wrong with a document is its plugin's fault.
    if (error.kind() != ErrorKind::kData) throw;
    throw Error(ErrorKind::kPlugin, error.diagnostics()).with(VERNIER_DATA_LOSS);
  }
}

}  // namespace vernier::core
