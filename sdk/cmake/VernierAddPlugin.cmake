# vernier_add_plugin(<name> SOURCES <file>... [MANIFEST <file>] [MINIMUM_HOST_MINOR <n>] [OUTPUT_DIRECTORY <dir>])
#
# Builds <name>.so: a plugin library that exports exactly one symbol and carries MANIFEST (default: manifest.json beside the
# CMakeLists.txt) in its section ".vernier". Needs nothing but a C++17 compiler.
set(VERNIER_SDK_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

# Stops the configuration with a clear sentence when the manifest is not one.
function(_vernier_check_manifest manifest json)
  foreach(key id version license components)
    string(JSON value ERROR_VARIABLE error GET "${json}" ${key})
    if(error)
      message(FATAL_ERROR "${manifest}: a plugin manifest needs \"${key}\" (${error})")
    endif()
  endforeach()
endfunction()

function(vernier_add_plugin name)
  cmake_parse_arguments(ARG "" "MANIFEST;MINIMUM_HOST_MINOR;OUTPUT_DIRECTORY" "SOURCES" ${ARGN})
  if(NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vernier_add_plugin(${name}): give SOURCES <file>...; not understood: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(manifest ${CMAKE_CURRENT_SOURCE_DIR}/manifest.json)
  if(ARG_MANIFEST)
    get_filename_component(manifest ${ARG_MANIFEST} ABSOLUTE)
  endif()
  set(VERNIER_MINIMUM_HOST_MINOR 0)
  if(DEFINED ARG_MINIMUM_HOST_MINOR)
    set(VERNIER_MINIMUM_HOST_MINOR ${ARG_MINIMUM_HOST_MINOR})
  endif()

  file(READ ${manifest} json)
  _vernier_check_manifest(${manifest} "${json}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}_manifest.cpp)
  configure_file(${VERNIER_SDK_CMAKE_DIR}/manifest.cpp.in ${generated} @ONLY)

  add_library(${name} MODULE ${ARG_SOURCES} ${generated})
  target_link_libraries(${name} PRIVATE vernier::sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                                           POSITION_INDEPENDENT_CODE ON BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "")
  if(ARG_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY})
  endif()
  # -fno-gnu-unique: unique symbols would tie two plugins' inline statics together, whatever their visibility.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,--version-script=${VERNIER_SDK_CMAKE_DIR}/plugin.map -Wl,-z,now -Wl,-z,relro)
  if(NOT CMAKE_CXX_FLAGS MATCHES "fsanitize" AND NOT VERNIER_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${VERNIER_SDK_CMAKE_DIR}/plugin.map)
endfunction()
