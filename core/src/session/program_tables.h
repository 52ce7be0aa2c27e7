// Tables that the host steps of a program read, as files of its folder: docs/program.md, "A folder".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/stored_parameters.h"
#include "session/program_export.h"

namespace vernier::core {

struct Prepared;

// Specs are resolved. Throws Error (kUsage) at the recipe's program: a table whose parameter has no uint8
// codes with a scale for each row.
void require_tables(const Prepared& p);

// Writes NAME.safetensors for each table, rows one after the other, a few megabytes in memory. Returns files
// by table, and adds what they hold to `stored`. Sites have qparams. Throws Error (kData) where one cannot
// be written, a stop.
[[nodiscard]] std::map<std::string, std::string> write_tables(Pipeline& run, const OutputFile& file,
                                                              std::vector<StoredFile>& stored);

}  // namespace vernier::core
