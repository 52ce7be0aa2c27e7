#include "plugin/section_reader.h"

#include <elf.h>
#include <fmt/format.h>

#include <boost/crc.hpp>
#include <cstring>
#include <optional>

#include "vernier/abi/entry.h"

namespace vernier::core {

namespace {

constexpr size_t kMaximumSections = 10000;
constexpr size_t kMaximumSegments = 1000;
constexpr uint64_t kMaximumManifest = uint64_t{1} << 20;  // bytes of JSON; vernier_add_plugin() allows 64 KiB

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
#error "the section reader knows x86-64 and aarch64"
#endif

// A T at `offset`, or nothing where it does not lie within the file.
template <typename T>
std::optional<T> read_at(std::span<const std::byte> file, uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

bool lies_within(std::span<const std::byte> file, uint64_t offset, uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

ManifestBytes problem(std::string text) {
  ManifestBytes result;
  result.problem = std::move(text);
  return result;
}

std::string check_header(std::span<const std::byte> file, const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return "not a 64-bit little-endian ELF file";
  if (header.e_type != ET_DYN) return "an ELF file, but not a shared library";
  if (header.e_machine != kMachine)
    return fmt::format("built for another machine (ELF machine {}, this host is {})", header.e_machine,
                       kMachine);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_shentsize != sizeof(Elf64_Shdr))
    return "damaged ELF header";
  if (header.e_phnum > kMaximumSegments || header.e_shnum > kMaximumSections || header.e_shnum == 0)
    return "damaged ELF header";
  if (!lies_within(file, header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)))
    return "truncated: program headers lie beyond the end of the file";
  if (!lies_within(file, header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)))
    return "truncated: section headers lie beyond the end of the file";
  for (uint16_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = *read_at<Elf64_Phdr>(file, header.e_phoff + uint64_t{i} * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && !lies_within(file, segment.p_offset, segment.p_filesz))
      return fmt::format("truncated: segment {} ends beyond the end of the file", i);
  }
  return {};
}

// The section's name, or empty where the string table does not hold it.
std::string_view section_name(std::span<const std::byte> file, const Elf64_Shdr& names, uint32_t offset) {
  if (offset >= names.sh_size) return {};
  const char* begin = reinterpret_cast<const char*>(file.data() + names.sh_offset + offset);
  return {begin, strnlen(begin, names.sh_size - offset)};
}

ManifestBytes parse_section(std::span<const std::byte> section) {
  ManifestBytes result;
  const auto header = read_at<vernier_manifest_header>(section, 0);
  if (!header) return problem("its manifest section is too short for a header");
  result.header = *header;
  if (std::memcmp(header->magic, VERNIER_MANIFEST_MAGIC, sizeof(header->magic)) != 0)
    return problem("its manifest section has a wrong magic number");
  if (header->abi_major != VERNIER_ABI_MAJOR) {
    result.problem = fmt::format("built for plugin ABI {}.{}, this host speaks {}.{}; build it with this SDK",
                                 header->abi_major, header->abi_minor, VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR);
    return result;
  }
  if (header->minimum_host_minor > VERNIER_ABI_MINOR) {
    result.problem =
        fmt::format("needs a host of ABI {}.{} or newer, this one is {}.{}; update vernier",
                    header->abi_major, header->minimum_host_minor, VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR);
    return result;
  }
  if (header->format != VERNIER_MANIFEST_FORMAT || header->header_size < sizeof(vernier_manifest_header))
    return problem("its manifest has an unknown format");
  if (!lies_within(section, header->header_size, header->json_length))
    return problem("its manifest is longer than its section");
  if (header->json_length > kMaximumManifest)
    return problem(fmt::format("its manifest is {} bytes long, at most {} are read", header->json_length,
                               kMaximumManifest));
  const auto bytes = section.subspan(header->header_size, header->json_length);
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  if (crc.checksum() != header->json_crc32) return problem("its manifest is damaged (CRC-32 differs)");
  result.json = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  return result;
}

}  // namespace

ManifestBytes read_manifest_section(std::span<const std::byte> file) {
  if (file.empty()) return problem("an empty file");
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    return problem("not an ELF file");
  if (!header) return problem("truncated: shorter than an ELF header");
  if (std::string text = check_header(file, *header); !text.empty()) return problem(std::move(text));
  const auto section_at = [&](uint64_t index) {
    return *read_at<Elf64_Shdr>(file, header->e_shoff + index * sizeof(Elf64_Shdr));
  };
  if (header->e_shstrndx >= header->e_shnum) return problem("damaged ELF header");
  const Elf64_Shdr names = section_at(header->e_shstrndx);
  if (names.sh_type != SHT_STRTAB || !lies_within(file, names.sh_offset, names.sh_size))
    return problem("truncated: section names lie beyond the end of the file");
  for (uint16_t i = 0; i < header->e_shnum; ++i) {
    const Elf64_Shdr section = section_at(i);
    if (section.sh_type != SHT_PROGBITS ||
        section_name(file, names, section.sh_name) != VERNIER_MANIFEST_SECTION)
      continue;
    if (!lies_within(file, section.sh_offset, section.sh_size))
      return problem("truncated: its manifest lies beyond the end of the file");
    return parse_section(file.subspan(section.sh_offset, section.sh_size));
  }
  return problem("not a vernier plugin: it has no section " VERNIER_MANIFEST_SECTION);
}

}  // namespace vernier::core
