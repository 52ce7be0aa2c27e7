# vernier_unity(<target>): the files of one folder are compiled together, up to eight at a time, each header and template
# once. Names in unnamed namespaces are therefore unique within a folder. A file that cannot be compiled with others has
# the property SKIP_UNITY_BUILD_INCLUSION. VERNIER_UNITY=OFF compiles each file alone, which is faster when few change.
option(VERNIER_UNITY "Compile the files of a folder together" OFF)

function(vernier_unity target)
  if(NOT VERNIER_UNITY)
    return()
  endif()
  # Relocatable: another checkout finds these objects in the compiler cache.
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP UNITY_BUILD_RELOCATABLE ON)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  foreach(source ${sources})
    get_filename_component(folder ${source} DIRECTORY)
    cmake_path(ABSOLUTE_PATH folder)
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    list(APPEND files_of_${folder} ${source})
    list(APPEND folders ${folder})
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder ${folders})
    # Units of equal size: nine files are five and four.
    list(LENGTH files_of_${folder} count)
    math(EXPR units "(${count} + 7) / 8")
    set(index 0)
    foreach(source ${files_of_${folder}})
      math(EXPR unit "${index} * ${units} / ${count}")
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${folder}_${unit}")
      math(EXPR index "${index} + 1")
    endforeach()
  endforeach()
endfunction()
