# vernier_embed(<target> <file> <name>): makes the text of <file> available to <target> as
# `std::string_view vernier::core::<name>()`, declared by the target's own header.
function(vernier_embed target file name)
  set(source ${CMAKE_BINARY_DIR}/generated/${target}/${name}.cpp)
  file(READ ${file} text)
  # A compiler may limit the length of one literal; pieces are joined by it.
  string(LENGTH "${text}" length)
  set(pieces "")
  set(position 0)
  while(position LESS length)
    string(SUBSTRING "${text}" ${position} 8000 piece)
    string(APPEND pieces "R\"vernier_embed(${piece})vernier_embed\"\n")
    math(EXPR position "${position} + 8000")
  endwhile()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"// Generated from @file@.
#include <string_view>

namespace vernier::core {
std::string_view @name@();
std::string_view @name@() { return @pieces@; }
}  // namespace vernier::core
")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
