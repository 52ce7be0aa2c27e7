#include "session/request_limits.h"

#include <nlohmann/json.hpp>

namespace vernier::core {

namespace {

bool has_limits(const ComponentRef& processor) {
  if (!processor || !processor.component->options->is_object()) return false;
  const nlohmann::json& schema = *processor.component->options;
  const auto properties = schema.find("properties");
  return properties != schema.end() && properties->contains("limits");
}

}  // namespace

void add_request_limits(nlohmann::json& options, const Catalog& catalog, const std::string& processor,
                        const Program& program) {
  if (options.contains("limits") || !has_limits(catalog.find("processor", processor))) return;
  nlohmann::json limits = nlohmann::json::object();
  for (const ProgramBuffer& buffer : program.buffers) {
    if (buffer.role != BufferRole::kRequest) continue;
    Shape most = buffer.shape;
    for (const RequestLength& length : buffer.lengths) most[length.axis] = length.maximum;
    limits[buffer.of] = most;
  }
  options["limits"] = limits;
}

}  // namespace vernier::core
