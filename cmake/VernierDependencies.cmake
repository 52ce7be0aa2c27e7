# Libraries of the host. Why each is here stands in CONTRIBUTING.md.
find_package(Threads REQUIRED)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 OLD)  # Debian's Boost is found by CMake's own module as well as by its config
endif()
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem system)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
# Its archive where there is one: of the whole library, two files are needed.
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL QUIET COMPONENTS Crypto)
if(NOT OPENSSL_FOUND)
  unset(OPENSSL_USE_STATIC_LIBS)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
endif()

# Debian's Highway and FlatBuffers come with pkg-config or CMake files, depending on the release.
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
find_program(FLATC flatc REQUIRED)
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)

# vernier_flatbuffers(<target> <schema.fbs>): generates <schema>_generated.h and makes it includable by the target.
function(vernier_flatbuffers target schema)
  get_filename_component(stem ${schema} NAME_WE)
  set(folder ${CMAKE_BINARY_DIR}/generated/${target})
  set(header ${folder}/${stem}_generated.h)
  add_custom_command(OUTPUT ${header} COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
                     COMMAND ${FLATC} --cpp --scoped-enums --reflect-names -o ${folder} ${schema} DEPENDS ${schema} VERBATIM)
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} SYSTEM PRIVATE ${folder} ${FLATBUFFERS_INCLUDE_DIR})
endfunction()

if(VERNIER_TORCH)
  find_package(OpenMP REQUIRED COMPONENTS CXX)  # LibTorch's threads, which the host's kernels share
  find_package(Torch 2.13 QUIET)
  if(NOT Torch_FOUND)
    message(FATAL_ERROR "LibTorch 2.13 was not found. `make setup` puts it into .venv; with another one call `make TORCH_DIR=/path/to/torch/share/cmake`.")
  endif()
endif()
