// vernier-probe DESCRIPTOR FILE [KIND NAME]...: loads the plugin library behind an inherited descriptor the
// way the host does, initializes it and fetches its components; FILE is where its bytes came from. Exit 0 and
// "ok" on standard output: all is well. Exit 1: a sentence there says what is not. Exit 2: the same, and this
// machine may be to blame as well as the library. Any other end is a crash, which the caller reports.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include <boost/dll/shared_library.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <vector>  // Boost.DLL 1.74 needs it first

#include "plugin/load_image.h"
#include "vernier/abi/entry.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DEFAULT_OPTIONS __asan_default_options
#elif __has_feature(thread_sanitizer)
#define DEFAULT_OPTIONS __tsan_default_options
#endif
#ifdef DEFAULT_OPTIONS
// A crash of the plugin is to stay a crash, not an exit with a report.
extern "C" const char* DEFAULT_OPTIONS();
extern "C" const char* DEFAULT_OPTIONS() {
  return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0";
}
#endif
#endif

namespace {

constexpr int kFault = 1;
constexpr int kFaultOrMachine = 2;  // a library that is missing, a licence, a device

char recorded[512];
int report = STDOUT_FILENO;

void* allocate(void*, uint64_t bytes) { return std::malloc(bytes); }
void deallocate(void*, void* memory) { std::free(memory); }
void log_line(void*, int32_t, vernier_string) {}
vernier_status fail(void*, vernier_status code, vernier_string text) {
  std::snprintf(recorded, sizeof(recorded), "%.*s", static_cast<int>(text.length), text.data);
  return code;
}
const void* no_interface(void*, vernier_string) {
  return nullptr;
}  // a plugin must live with a host that lacks one

const vernier_host host = {VERNIER_SIZE_UP_TO(vernier_host, get_interface),
                           nullptr,
                           &allocate,
                           &deallocate,
                           &log_line,
                           &fail,
                           &no_interface};

// What the plugin prints while it is tried is not for the caller, who waits for the report.
void keep_output_apart() {
  report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (report < 0 || nothing < 0) std::_Exit(kFaultOrMachine);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
}

int say(int code, const char* format, const char* word) {
  dprintf(report, format, word);
  return code;
}

// The library's own code runs here.
int call(const vernier_entry& entry, int argc, char** argv) {
  try {
    if (entry.initialize != nullptr && entry.initialize(&host) != VERNIER_OK)
      return say(kFaultOrMachine, "it failed to initialize: %s",
                 recorded[0] == '\0' ? "no reason given" : recorded);
    for (int i = 3; i + 1 < argc; i += 2) {
      const vernier_string kind = {argv[i], std::strlen(argv[i])},
                           name = {argv[i + 1], std::strlen(argv[i + 1])};
      if (entry.get_component(kind, name) == nullptr)
        return say(kFault, "its manifest lists %s, which it does not have", argv[i + 1]);
    }
    return 0;
  } catch (const std::exception& error) {
    return say(kFault, "it threw an exception across the plugin boundary: %s", error.what());
  } catch (...) {
    return say(kFault, "it threw an exception across the plugin boundary%s", "");
  }
}

int probe(int argc, char** argv) {
  const boost::dll::shared_library library = vernier::core::load_image(std::atoi(argv[1]), argv[2]);
  if (!library.has(VERNIER_ENTRY_SYMBOL)) return say(kFault, "it has no symbol %s", VERNIER_ENTRY_SYMBOL);
  const auto& written = library.get<const vernier_entry>(VERNIER_ENTRY_SYMBOL);
  vernier_entry entry{};
  std::memcpy(static_cast<void*>(&entry), &written,
              written.size < sizeof(entry) ? written.size : sizeof(entry));
  if (entry.get_component == nullptr) return say(kFault, "its entry lacks %s", "get_component");
  if (const int code = call(entry, argc, argv); code != 0) return code;
  return say(0, "%s", "ok");  // a library that ends the process with exit code 0 has not said this
}

}  // namespace

int main(int argc, char** argv) {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a library that hangs is not to outlive the host
  keep_output_apart();
  if (argc < 3) return say(kFault, "%s", "usage: vernier-probe DESCRIPTOR FILE [KIND NAME]...\n");
  std::set_terminate([] {
    say(kFault, "it threw an exception across the plugin boundary%s", "");
    std::_Exit(kFault);
  });
  try {
    const int code = probe(argc, argv);
    std::_Exit(code);  // static destructors of a plugin do not matter here
  } catch (const std::exception& error) {
    return say(kFaultOrMachine, "it does not load: %s", error.what());
  }
}
