# SPDX-License-Identifier: MIT
# dc_room, dc_library, dc_program: one object library a room, linked only with what it may see.

set(DCOMP_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla)
if(DCOMP_WERROR)
  list(APPEND DCOMP_WARNINGS -Werror)
endif()

add_library(dcomp_flags INTERFACE)
target_compile_options(dcomp_flags INTERFACE ${DCOMP_WARNINGS})
target_compile_definitions(dcomp_flags INTERFACE _POSIX_C_SOURCE=200809L
                           DCOMP_VERSION="${PROJECT_VERSION}")
target_include_directories(dcomp_flags INTERFACE
                           $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
if(DCOMP_SANITIZE)
  target_compile_options(dcomp_flags INTERFACE -fsanitize=address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(dcomp_flags INTERFACE -fsanitize=address,undefined)
endif()
if(DCOMP_TSAN)
  target_compile_options(dcomp_flags INTERFACE -fsanitize=thread)
  target_link_options(dcomp_flags INTERFACE -fsanitize=thread)
endif()
if(DCOMP_FUZZ)
  target_compile_options(dcomp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# dc_room(NAME NEEDS lower rooms... LIBS foreign libraries...)
# Makes `room_NAME` (objects) and `with_NAME` (objects of the room and of all it stands on).
function(dc_room name)
  cmake_parse_arguments(ARG "" "" "NEEDS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c
       ${PROJECT_SOURCE_DIR}/src/${name}/*/*.c)
  add_library(with_${name} INTERFACE)
  set(rooms ${name})
  foreach(need ${ARG_NEEDS})
    list(APPEND rooms ${DCOMP_STACK_${need}})
    target_link_libraries(with_${name} INTERFACE with_${need})
  endforeach()
  list(REMOVE_DUPLICATES rooms)
  set(DCOMP_STACK_${name} ${rooms} PARENT_SCOPE)
  target_link_libraries(with_${name} INTERFACE dcomp_flags ${ARG_LIBS})
  if(sources)
    add_library(room_${name} OBJECT ${sources})
    target_link_libraries(room_${name} PRIVATE dcomp_flags ${ARG_LIBS})
    target_include_directories(room_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/${name})
    target_sources(with_${name} INTERFACE $<TARGET_OBJECTS:room_${name}>)
  endif()
endfunction()

# The library: every room below the command line. The static one is a single object where it can be,
# so that its internal symbols are its own too.
function(dc_library)
  if(NOT TARGET room_base)
    return()
  endif()
  set(objects)
  foreach(room ${DCOMP_STACK_pipeline})
    list(APPEND objects $<TARGET_OBJECTS:room_${room}>)
  endforeach()
  dc_find_exports()
  dc_one_object(one "${objects}")
  set(DCOMP_ONE_OBJECT ${one} PARENT_SCOPE)
  add_library(dcomp_shared SHARED)
  target_link_libraries(dcomp_shared PRIVATE $<BUILD_INTERFACE:with_pipeline>)
  dc_limit_shared(dcomp_shared)
  add_library(dcomp_static STATIC ${one})
  if(one)
    set_target_properties(dcomp_static PROPERTIES LINKER_LANGUAGE C)
  else()
    target_link_libraries(dcomp_static PRIVATE $<BUILD_INTERFACE:with_pipeline>)
  endif()
  foreach(kind STATIC SHARED)
    string(TOLOWER dcomp_${kind} target)
    target_include_directories(${target} INTERFACE
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    string(TOLOWER ${kind} name)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME dcomp EXPORT_NAME ${name}
                          VERSION ${PROJECT_VERSION}
                          SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  endforeach()
endfunction()

function(dc_program)
  if(NOT TARGET room_cli)
    return()
  endif()
  add_executable(dcomp)
  target_link_libraries(dcomp PRIVATE with_cli)
endfunction()
