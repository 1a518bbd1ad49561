# Warnings, sanitizers, ccache and the linker, for every target of the project.
find_program(PRA_CCACHE ccache)
if(PRA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${PRA_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PRA_CCACHE})
endif()
find_program(PRA_MOLD mold)
if(PRA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
                    $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(PRA_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()
if(PRA_SANITIZE)
  add_compile_options(-fsanitize=${PRA_SANITIZE} -fno-omit-frame-pointer
                      $<$<NOT:$<CONFIG:RelWithDebInfo>>:-O1>)
  add_link_options(-fsanitize=${PRA_SANITIZE})
  if(PRA_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(PRA_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
