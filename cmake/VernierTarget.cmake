# vernier_target(<target>): the warnings and sanitizers that each of our own targets is built with.
function(vernier_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms on `"text" + std::string` (GCC bug 105651); the second shows where a precompiled header holds <string>.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow)
  endif()
  if(VERNIER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(VERNIER_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${VERNIER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${VERNIER_SANITIZE})
  endif()
endfunction()

# vernier_fuzzed(<target>): fuzzers look for new paths in it. The rest does without: it takes the compiler longer.
function(vernier_fuzzed target)
  if(VERNIER_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
endfunction()
