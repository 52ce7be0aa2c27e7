#include "session/program_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkpoint/safetensors_writer.h"
#include "session/pipeline.h"
#include "session/recipe_program.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr int64_t kElementsAtOnce = int64_t{1} << 22;

// It is there: who runs the program in float looked for it.
const Parameter& parameter_of(ModuleTree& tree, const ProgramTable& table) {
  return tree.parameters.at(static_cast<size_t>(tree.index.place(tree.parameters, table.parameter)));
}

void write_table(const ProgramTable& table, const Parameter& parameter, const QParams& qparams,
                 Device& device, const std::filesystem::path& path, const RunControl& control) {
  SafetensorsWriter writer(path, {{"scale", kFloat32, {table.rows}},
                                  {"zero_point", kInt32, {table.rows}},
                                  {"table", kUInt8, {table.rows, table.columns}}});
  Tensor scale = Tensor::allocate(kFloat32, {table.rows});
  Tensor zero_point = Tensor::allocate(kInt32, {table.rows});
  std::ranges::transform(qparams.scale, scale.mutable_as<float>(), [&](float one) {
    return static_cast<float>(static_cast<double>(one) * table.multiplier);
  });
  std::ranges::copy(qparams.zero_point, zero_point.mutable_as<int32_t>());
  writer.write(0, scale);
  writer.write(1, zero_point);
  const int64_t elements = table.rows * table.columns;
  std::vector<std::byte> codes(static_cast<size_t>(std::min(elements, kElementsAtOnce)));
  for (int64_t first = 0; first < elements; first += kElementsAtOnce) {
    control.check();
    const int64_t count = std::min(kElementsAtOnce, elements - first);
    device.encode_elements(parameter.source, {first, count}, qparams, codes.data());
    writer.write(2, std::span(codes).first(static_cast<size_t>(count)));
  }
  writer.finish();
}

}  // namespace

void require_tables(const Prepared& p) {
  for (const ProgramTable& table : p.program->made.program.tables) {
    const Parameter& parameter = parameter_of(*p.tree, table);
    const Site* site = parameter.site < 0 ? nullptr : &p.tree->sites.at(static_cast<size_t>(parameter.site));
    if (site != nullptr && site->tied_to >= 0) site = &p.tree->sites.at(static_cast<size_t>(site->tied_to));
    if (site != nullptr && site->spec.dtype == kUInt8 && site->spec.granularity == Granularity::kChannel &&
        site->spec.axis == 0)
      continue;
    throw usage_error(
        fmt::format("table {} is {}, and a table that the host reads is uint8 with a scale for each row",
                    table.name,
                    site == nullptr ? table.parameter + ", which is not quantized"
                                    : fmt::format("{}, {} per {}", site->path, site->spec.dtype.name(),
                                                  to_string(site->spec.granularity))),
        p.recipe.where("/model/program"),
        "set its dtype and granularity by a rule, or choose a profile in which a unit looks the rows up");
  }
}

std::map<std::string, std::string> write_tables(Pipeline& run, const OutputFile& file,
                                                std::vector<StoredFile>& stored) {
  std::map<std::string, std::string> files;
  for (const ProgramTable& table : run.p.program->made.program.tables) {
    const Parameter& parameter = parameter_of(*run.p.tree, table);
    const QParams* qparams = run.p.tree->code_qparams(parameter);
    if (qparams == nullptr || qparams->scale.size() != static_cast<size_t>(table.rows))
      throw data_error(fmt::format("table {} has no codes with a scale for each row", table.name),
                       table.parameter, "choose an observer that gives its site a scale");
    const std::string name = table.name + ".safetensors";
    run.say(fmt::format("writing {}", name));
    write_table(table, parameter, *qparams, *run.device, file(name), run.control());
    files[table.name] = name;
    stored.push_back({name, {{parameter.path, {kUInt8, static_cast<uint64_t>(table.rows * table.columns)}}}});
  }
  return files;
}

}  // namespace vernier::core
