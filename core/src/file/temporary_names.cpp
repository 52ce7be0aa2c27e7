#include "file/temporary_names.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace vernier::core {
namespace {

constexpr int kDeepest = 16;       // folders within folders
constexpr size_t kEntries = 1024;  // bytes of names read at a time: the handler's stack is small

// As the system call writes it; readdir() may allocate.
struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[1];
};

bool is_self_or_parent(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

void remove_content(int folder, int depth);

void remove_in(int folder, const char* name, int depth) {
  if (::unlinkat(folder, name, 0) == 0 || (errno != EISDIR && errno != EPERM)) return;
  const int inner = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (inner < 0) return;
  remove_content(inner, depth + 1);
  ::close(inner);
  (void)::unlinkat(folder, name, AT_REMOVEDIR);
}

void remove_content(int folder, int depth) {
  if (depth > kDeepest) return;
  alignas(Entry) char buffer[kEntries];
  for (;;) {
    const long got = ::syscall(SYS_getdents64, folder, buffer, sizeof(buffer));
    if (got <= 0) return;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      if (!is_self_or_parent(entry->name)) remove_in(folder, entry->name, depth);
      at += entry->length;
    }
  }
}

}  // namespace

void TemporaryNames::remove_entry(const char* name) { remove_in(AT_FDCWD, name, 0); }

}  // namespace vernier::core
