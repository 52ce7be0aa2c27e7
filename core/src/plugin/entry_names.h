// Names of an entry's inputs and outputs in a manifest, where how many there are follows from a config:
// "past_k_*" stands for any number of names, none too, that begin so and go on, in natural order (past_k_2
// before past_k_10). Who calls the entry has them all by name; the wrapper gets them one after the other.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vernier::core {

struct EntryInfo;

// Whether one of them ends in "*".
[[nodiscard]] bool has_repeated(std::span<const std::string> listed);

// Names in alphabetical order, but runs of digits by their value. Never both ways; of names that differ in
// leading zeros alone neither.
[[nodiscard]] bool is_before(std::string_view a, std::string_view b);

// Whether `given` is what `listed` stands for: each plain name in its place, and where one ends in "*" names
// that begin so, in natural order.
[[nodiscard]] bool fit_names(std::span<const std::string> listed, std::span<const std::string> given);

// Throws Error (kPlugin) at `where` unless names that are repeated stand behind all others, and none of an
// entry's names, inputs and outputs, can stand for another one. `wrapper`: for the message.
void check_entry_names(const EntryInfo& entry, const std::string& wrapper, const std::string& where);

}  // namespace vernier::core
