#include "plugin/dependencies.h"

#include <elf.h>

#include "text/path_list.h"

namespace vernier::core {

namespace {

constexpr uint64_t kMaximumEntries = 10000;
constexpr size_t kMaximumText = 4096;

struct Dynamic {
  uint64_t strings = 0;  // where the string table lies in the file
  std::vector<Elf64_Dyn> entries;
};

std::vector<Elf64_Phdr> segments(const ByteSource& file) {
  std::vector<Elf64_Phdr> result;
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header) return result;
  for (uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = file.at<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
    if (segment) result.push_back(*segment);
  }
  return result;
}

Dynamic read_dynamic(const ByteSource& file) {
  Dynamic result;
  const std::vector<Elf64_Phdr> all = segments(file);
  for (const Elf64_Phdr& segment : all) {
    if (segment.p_type != PT_DYNAMIC) continue;
    for (uint64_t i = 0; i < kMaximumEntries && i < segment.p_filesz / sizeof(Elf64_Dyn); ++i) {
      const auto entry = file.at<Elf64_Dyn>(segment.p_offset + i * sizeof(Elf64_Dyn));
      if (!entry || entry->d_tag == DT_NULL) break;
      result.entries.push_back(*entry);
    }
  }
  for (const Elf64_Dyn& entry : result.entries) {
    if (entry.d_tag != DT_STRTAB) continue;
    for (const Elf64_Phdr& segment : all) {
      const uint64_t inside = entry.d_un.d_ptr - segment.p_vaddr;
      if (segment.p_type == PT_LOAD && entry.d_un.d_ptr >= segment.p_vaddr && inside < segment.p_filesz)
        result.strings = segment.p_offset + inside;
    }
  }
  return result;
}

std::string text_at(const ByteSource& file, uint64_t offset) {
  std::string text;
  for (auto c = file.at<char>(offset); c && *c != '\0' && text.size() < kMaximumText;
       c = file.at<char>(offset + text.size()))
    text += *c;
  return text;
}

}  // namespace

Dependencies read_dependencies(const ByteSource& file) {
  Dependencies result;
  const Dynamic dynamic = read_dynamic(file);
  if (dynamic.strings == 0) return result;
  bool has_runpath = false;
  for (const Elf64_Dyn& entry : dynamic.entries) {
    const uint64_t text = dynamic.strings + entry.d_un.d_val;
    if (entry.d_tag == DT_NEEDED) result.needed.push_back(text_at(file, text));
    if (entry.d_tag == DT_RUNPATH || (entry.d_tag == DT_RPATH && !has_runpath))
      result.folders = path_list(text_at(file, text));
    has_runpath |= entry.d_tag == DT_RUNPATH;
  }
  return result;
}

}  // namespace vernier::core
