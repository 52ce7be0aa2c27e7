#include "graph/graph.h"

#include <cstring>

namespace vernier::core {

bool TableData::operator==(const TableData& other) const {
  return name == other.name && values.dtype == other.values.dtype && values.shape == other.values.shape &&
         std::memcmp(values.data, other.values.data, values.bytes()) == 0;
}

bool GraphValue::operator==(const GraphValue& other) const {
  const bool is_same_table =
      table == other.table || (table != nullptr && other.table != nullptr && *table == *other.table);
  return is_same_table && name == other.name && shape == other.shape && dtype == other.dtype &&
         kind == other.kind && qparams == other.qparams && constant_bytes == other.constant_bytes &&
         is_filled == other.is_filled && parameter == other.parameter && constant_id == other.constant_id;
}

}  // namespace vernier::core
