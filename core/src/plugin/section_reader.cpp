#include "plugin/section_reader.h"

#include <elf.h>
#include <fmt/format.h>

#include <array>
#include <boost/crc.hpp>
#include <cstring>

#include "vernier/abi/entry.h"

namespace vernier::core {

namespace {

constexpr size_t kMaximumSections = 10000;
constexpr size_t kMaximumSegments = 1000;
constexpr uint64_t kMaximumManifest = uint64_t{1} << 20;  // bytes of JSON; vernier_add_plugin() allows 64 KiB
constexpr const char* kChanged = "changed while it was read";

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
#error "the section reader knows x86-64 and aarch64"
#endif

ManifestBytes problem(std::string text) {
  ManifestBytes result;
  result.problem = std::move(text);
  return result;
}

std::string check_header(const ByteSource& file, const Elf64_Ehdr& header) {
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
  if (!file.holds(header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)))
    return "truncated: program headers lie beyond the end of the file";
  if (!file.holds(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)))
    return "truncated: section headers lie beyond the end of the file";
  for (uint16_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = file.at<Elf64_Phdr>(header.e_phoff + uint64_t{i} * sizeof(Elf64_Phdr));
    if (!segment) return kChanged;
    if (segment->p_type == PT_LOAD && !file.holds(segment->p_offset, segment->p_filesz))
      return fmt::format("truncated: segment {} ends beyond the end of the file", i);
  }
  return {};
}

// Whether the section's name in the table `names` is the manifest's.
bool is_manifest(const ByteSource& file, const Elf64_Shdr& names, uint32_t offset) {
  char found[sizeof(VERNIER_MANIFEST_SECTION)];  // with the zero at its end
  if (offset >= names.sh_size || names.sh_size - offset < sizeof(found)) return false;
  return file.read(names.sh_offset + offset, std::as_writable_bytes(std::span(found))) &&
         std::memcmp(found, VERNIER_MANIFEST_SECTION, sizeof(found)) == 0;
}

// The section lies within the file.
ManifestBytes parse_section(const ByteSource& file, const Elf64_Shdr& section) {
  ManifestBytes result;
  if (section.sh_size < sizeof(vernier_manifest_header))
    return problem("its manifest section is too short for a header");
  const auto header = file.at<vernier_manifest_header>(section.sh_offset);
  if (!header) return problem(kChanged);
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
  if (header->header_size > section.sh_size || header->json_length > section.sh_size - header->header_size)
    return problem("its manifest is longer than its section");
  if (header->json_length > kMaximumManifest)
    return problem(fmt::format("its manifest is {} bytes long, at most {} are read", header->json_length,
                               kMaximumManifest));
  std::string text(header->json_length, '\0');
  if (!file.read(section.sh_offset + header->header_size, std::as_writable_bytes(std::span(text))))
    return problem(kChanged);
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  if (crc.checksum() != header->json_crc32) return problem("its manifest is damaged (CRC-32 differs)");
  result.json = std::move(text);
  return result;
}

}  // namespace

ManifestBytes read_manifest_section(const ByteSource& file) {
  if (file.size() == 0) return problem("an empty file");
  const auto magic = file.at<std::array<char, SELFMAG>>(0);
  if (!magic || std::memcmp(magic->data(), ELFMAG, SELFMAG) != 0) return problem("not an ELF file");
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header) return problem("truncated: shorter than an ELF header");
  if (std::string text = check_header(file, *header); !text.empty()) return problem(std::move(text));
  const auto section_at = [&](uint64_t index) {
    return file.at<Elf64_Shdr>(header->e_shoff + index * sizeof(Elf64_Shdr));
  };
  if (header->e_shstrndx >= header->e_shnum) return problem("damaged ELF header");
  const auto names = section_at(header->e_shstrndx);
  if (!names) return problem(kChanged);
  if (names->sh_type != SHT_STRTAB || !file.holds(names->sh_offset, names->sh_size))
    return problem("truncated: section names lie beyond the end of the file");
  for (uint16_t i = 0; i < header->e_shnum; ++i) {
    const auto section = section_at(i);
    if (!section) return problem(kChanged);
    if (section->sh_type != SHT_PROGBITS || !is_manifest(file, *names, section->sh_name)) continue;
    if (!file.holds(section->sh_offset, section->sh_size))
      return problem("truncated: its manifest lies beyond the end of the file");
    return parse_section(file, *section);
  }
  return problem(fmt::format("{}: it has no section " VERNIER_MANIFEST_SECTION, kNoPlugin));
}

ManifestBytes read_manifest_section(std::span<const std::byte> file) {
  return read_manifest_section(ByteSource(file));
}

}  // namespace vernier::core
