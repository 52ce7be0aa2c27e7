#include "session/tune_search.h"

namespace vernier::core {

namespace {

RowSet first_rows(const std::vector<size_t>& order, size_t count) {
  RowSet rows(order.size());
  for (size_t i = 0; i < count; ++i) rows[order[i]] = true;
  return rows;
}

}  // namespace

RowSet fewest_rows(const std::vector<size_t>& order, const MeetsTarget& meets) {
  if (meets(first_rows(order, 0))) return first_rows(order, 0);
  size_t low = 0, high = order.size();  // `low` does not meet it, `high` does
  if (!meets(first_rows(order, high))) return first_rows(order, high);
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    (meets(first_rows(order, middle)) ? high : low) = middle;
  }
  RowSet rows = first_rows(order, high);
  for (size_t i = high; i-- > 0;) {
    rows[order[i]] = false;
    if (!meets(rows)) rows[order[i]] = true;
  }
  return rows;
}

}  // namespace vernier::core
