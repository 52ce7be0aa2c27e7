# vernier_precompile(<target> <header>...): headers that most files of the target include are parsed once. That a file
# includes what it uses itself is seen by `make tidy`, which compiles without them.
option(VERNIER_PRECOMPILE "Parse headers that most files include once" OFF)

function(vernier_precompile target)
  if(NOT VERNIER_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${ARGN})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Without it the time of the file is a part of the content, and ccache finds no object again.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
